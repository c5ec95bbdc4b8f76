//! How well-known exporters know which server to ask.

use alertdrill_project::Service;
use alertdrill_project::discovery::short_name;

use crate::network::Names;

/// An exporter that asks one server.
pub(in crate::checks) struct Exporter {
    /// The last part of its images' names.
    pub(in crate::checks) images: &'static [&'static str],
    /// The flags that name the server.
    pub(in crate::checks) flags: &'static [&'static str],
    /// The variables that name it.
    pub(in crate::checks) variables: &'static [&'static str],
    /// Whom it asks unless it is told; `None` if nobody.
    pub(super) by_default: Option<&'static str>,
    /// Flags and variables by which it asks others, or in other ways.
    pub(super) otherwise: &'static [&'static str],
    /// What it asks.
    pub(in crate::checks) server: &'static str,
    /// The metric that tells whether the server answers.
    pub(in crate::checks) up: &'static str,
    /// How it is told, for help; `HOST` stands for the server's service.
    pub(super) example: &'static str,
    /// The last part of the names of the images that are such a server.
    pub(in crate::checks) servers: &'static [&'static str],
}

impl Exporter {
    /// What to do where it asks the wrong one.
    pub(super) fn help(&self, names: &Names<'_>) -> String {
        let is_one = |service: &Service| {
            let image = service.image.as_deref().map(short_name);
            image.is_some_and(|image| self.servers.contains(&image))
        };
        match names.services().find(|(_, service)| is_one(service)) {
            Some((name, _)) => {
                format!("name the service: {}", self.example.replace("HOST", name))
            }
            None => format!(
                "add {} to the project and name its service, or name the machine that has it",
                self.server
            ),
        }
    }
}

// Sources: the README of each exporter, and what `--help` of it says.
pub(in crate::checks) const EXPORTERS: &[Exporter] = &[
    Exporter {
        images: &["redis_exporter", "redis-exporter"],
        flags: &["redis.addr"],
        variables: &["REDIS_ADDR"],
        by_default: Some("redis://localhost:6379"),
        otherwise: &["redis.file", "REDIS_FILE", "redis-only-metrics"],
        server: "Redis",
        up: "redis_up",
        example: "`REDIS_ADDR: redis://HOST:6379`",
        servers: &["redis", "redis-stack", "valkey"],
    },
    Exporter {
        images: &["postgres-exporter", "postgres_exporter"],
        flags: &[],
        variables: &["DATA_SOURCE_NAME", "DATA_SOURCE_URI"],
        by_default: None,
        otherwise: &["config.file", "DATA_SOURCE_URI_FILE"],
        server: "PostgreSQL",
        up: "pg_up",
        example: "`DATA_SOURCE_URI: HOST:5432/shop?sslmode=disable`",
        servers: &["postgres", "postgis", "postgresql", "timescaledb"],
    },
    Exporter {
        images: &["mysqld-exporter", "mysqld_exporter"],
        flags: &["mysqld.address"],
        variables: &["DATA_SOURCE_NAME"],
        by_default: None,
        otherwise: &["config.my-cnf"],
        server: "MySQL",
        up: "mysql_up",
        example: "`--mysqld.address=HOST:3306`",
        servers: &["mysql", "mariadb"],
    },
    Exporter {
        images: &["mongodb_exporter", "mongodb-exporter"],
        flags: &["mongodb.uri"],
        variables: &["MONGODB_URI"],
        by_default: None,
        otherwise: &[],
        server: "MongoDB",
        up: "mongodb_up",
        example: "`MONGODB_URI: mongodb://HOST:27017`",
        servers: &["mongo", "mongodb"],
    },
    Exporter {
        images: &["nginx-prometheus-exporter", "nginx-exporter"],
        flags: &["nginx.scrape-uri"],
        variables: &["SCRAPE_URI"],
        by_default: Some("http://127.0.0.1:8080/stub_status"),
        otherwise: &["nginx.plus", "NGINX_PLUS"],
        server: "NGINX",
        up: "nginx_up",
        example: "`--nginx.scrape-uri=http://HOST/stub_status`",
        servers: &["nginx", "nginx-unprivileged"],
    },
    Exporter {
        images: &["memcached-exporter", "memcached_exporter"],
        flags: &["memcached.address"],
        variables: &[],
        by_default: Some("localhost:11211"),
        otherwise: &[],
        server: "Memcached",
        up: "memcached_up",
        example: "`--memcached.address=HOST:11211`",
        servers: &["memcached"],
    },
    Exporter {
        images: &["elasticsearch-exporter", "elasticsearch_exporter"],
        flags: &["es.uri"],
        variables: &["ES_URI"],
        by_default: Some("http://localhost:9200"),
        otherwise: &[],
        server: "Elasticsearch",
        up: "elasticsearch_cluster_health_up",
        example: "`--es.uri=http://HOST:9200`",
        servers: &["elasticsearch", "opensearch"],
    },
    Exporter {
        images: &["apache_exporter", "apache-exporter"],
        flags: &["scrape_uri"],
        variables: &[],
        by_default: Some("http://localhost/server-status/?auto"),
        otherwise: &[],
        server: "Apache",
        up: "apache_up",
        example: "`--scrape_uri=http://HOST/server-status/?auto`",
        servers: &["httpd"],
    },
    Exporter {
        images: &["haproxy-exporter", "haproxy_exporter"],
        flags: &["haproxy.scrape-uri"],
        variables: &[],
        by_default: Some("http://localhost/;csv"),
        otherwise: &[],
        server: "HAProxy",
        up: "haproxy_up",
        example: "`--haproxy.scrape-uri=http://HOST:8404/stats;csv`",
        servers: &["haproxy"],
    },
    Exporter {
        images: &["php-fpm_exporter", "php-fpm-exporter"],
        flags: &["phpfpm.scrape-uri"],
        variables: &["PHP_FPM_SCRAPE_URI"],
        by_default: Some("tcp://127.0.0.1:9000/status"),
        otherwise: &[],
        server: "PHP-FPM",
        up: "phpfpm_up",
        example: "`PHP_FPM_SCRAPE_URI: tcp://HOST:9000/status`",
        servers: &["php"],
    },
    Exporter {
        images: &["rabbitmq-exporter", "rabbitmq_exporter"],
        flags: &[],
        variables: &["RABBIT_URL"],
        by_default: Some("http://127.0.0.1:15672"),
        otherwise: &["config-file"],
        server: "RabbitMQ",
        up: "rabbitmq_up",
        example: "`RABBIT_URL: http://HOST:15672`",
        servers: &["rabbitmq"],
    },
    Exporter {
        images: &["consul-exporter", "consul_exporter"],
        flags: &["consul.server"],
        variables: &[],
        by_default: Some("http://localhost:8500"),
        otherwise: &[],
        server: "Consul",
        up: "consul_up",
        example: "`--consul.server=http://HOST:8500`",
        servers: &["consul"],
    },
];
