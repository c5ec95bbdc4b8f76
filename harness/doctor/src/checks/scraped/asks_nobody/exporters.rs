//! How well-known exporters know which server to ask.

/// An exporter that asks one server.
pub(super) struct Exporter {
    /// The last part of its images' names.
    pub(super) images: &'static [&'static str],
    /// The flags that name the server.
    pub(super) flags: &'static [&'static str],
    /// The variables that name it.
    pub(super) variables: &'static [&'static str],
    /// Whom it asks unless it is told; `None` if nobody.
    pub(super) by_default: Option<&'static str>,
    /// Flags and variables by which it asks others, or in other ways.
    pub(super) otherwise: &'static [&'static str],
    /// What it asks.
    pub(super) server: &'static str,
    /// The metric that tells whether the server answers.
    pub(super) up: &'static str,
    /// How it is told, for help.
    pub(super) example: &'static str,
}

impl Exporter {
    /// What to do where it asks the wrong one.
    pub(super) fn help(&self) -> String {
        format!("name the service: {}", self.example)
    }
}

// Sources: the README of each exporter, and what `--help` of it says.
pub(super) const EXPORTERS: &[Exporter] = &[
    Exporter {
        images: &["redis_exporter", "redis-exporter"],
        flags: &["redis.addr"],
        variables: &["REDIS_ADDR"],
        by_default: Some("redis://localhost:6379"),
        otherwise: &["redis.file", "REDIS_FILE", "redis-only-metrics"],
        server: "Redis",
        up: "redis_up",
        example: "`REDIS_ADDR: redis://redis:6379`",
    },
    Exporter {
        images: &["postgres-exporter", "postgres_exporter"],
        flags: &[],
        variables: &["DATA_SOURCE_NAME", "DATA_SOURCE_URI"],
        by_default: None,
        otherwise: &["config.file", "DATA_SOURCE_URI_FILE"],
        server: "PostgreSQL",
        up: "pg_up",
        example: "`DATA_SOURCE_URI: db:5432/shop?sslmode=disable`",
    },
    Exporter {
        images: &["mysqld-exporter", "mysqld_exporter"],
        flags: &["mysqld.address"],
        variables: &["DATA_SOURCE_NAME"],
        by_default: None,
        otherwise: &["config.my-cnf"],
        server: "MySQL",
        up: "mysql_up",
        example: "`--mysqld.address=db:3306`",
    },
    Exporter {
        images: &["mongodb_exporter", "mongodb-exporter"],
        flags: &["mongodb.uri"],
        variables: &["MONGODB_URI"],
        by_default: None,
        otherwise: &[],
        server: "MongoDB",
        up: "mongodb_up",
        example: "`MONGODB_URI: mongodb://mongo:27017`",
    },
    Exporter {
        images: &["nginx-prometheus-exporter", "nginx-exporter"],
        flags: &["nginx.scrape-uri"],
        variables: &["SCRAPE_URI"],
        by_default: Some("http://127.0.0.1:8080/stub_status"),
        otherwise: &["nginx.plus", "NGINX_PLUS"],
        server: "NGINX",
        up: "nginx_up",
        example: "`--nginx.scrape-uri=http://nginx/stub_status`",
    },
    Exporter {
        images: &["memcached-exporter", "memcached_exporter"],
        flags: &["memcached.address"],
        variables: &[],
        by_default: Some("localhost:11211"),
        otherwise: &[],
        server: "Memcached",
        up: "memcached_up",
        example: "`--memcached.address=memcached:11211`",
    },
    Exporter {
        images: &["elasticsearch-exporter", "elasticsearch_exporter"],
        flags: &["es.uri"],
        variables: &["ES_URI"],
        by_default: Some("http://localhost:9200"),
        otherwise: &[],
        server: "Elasticsearch",
        up: "elasticsearch_cluster_health_up",
        example: "`--es.uri=http://elasticsearch:9200`",
    },
    Exporter {
        images: &["apache_exporter", "apache-exporter"],
        flags: &["scrape_uri"],
        variables: &[],
        by_default: Some("http://localhost/server-status/?auto"),
        otherwise: &[],
        server: "Apache",
        up: "apache_up",
        example: "`--scrape_uri=http://web/server-status/?auto`",
    },
    Exporter {
        images: &["haproxy-exporter", "haproxy_exporter"],
        flags: &["haproxy.scrape-uri"],
        variables: &[],
        by_default: Some("http://localhost/;csv"),
        otherwise: &[],
        server: "HAProxy",
        up: "haproxy_up",
        example: "`--haproxy.scrape-uri=http://haproxy:8404/stats;csv`",
    },
    Exporter {
        images: &["php-fpm_exporter", "php-fpm-exporter"],
        flags: &["phpfpm.scrape-uri"],
        variables: &["PHP_FPM_SCRAPE_URI"],
        by_default: Some("tcp://127.0.0.1:9000/status"),
        otherwise: &[],
        server: "PHP-FPM",
        up: "phpfpm_up",
        example: "`PHP_FPM_SCRAPE_URI: tcp://php:9000/status`",
    },
    Exporter {
        images: &["rabbitmq-exporter", "rabbitmq_exporter"],
        flags: &[],
        variables: &["RABBIT_URL"],
        by_default: Some("http://127.0.0.1:15672"),
        otherwise: &["config-file"],
        server: "RabbitMQ",
        up: "rabbitmq_up",
        example: "`RABBIT_URL: http://rabbitmq:15672`",
    },
    Exporter {
        images: &["consul-exporter", "consul_exporter"],
        flags: &["consul.server"],
        variables: &[],
        by_default: Some("http://localhost:8500"),
        otherwise: &[],
        server: "Consul",
        up: "consul_up",
        example: "`--consul.server=http://consul:8500`",
    },
];
