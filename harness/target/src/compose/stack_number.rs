//! Several stacks of one project beside each other.

/// Which of several stacks of a project one is. Each has containers, networks, volumes, leases and
/// a journal of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackNumber(u32);

impl StackNumber {
    /// The one that there is if nothing is said.
    pub const FIRST: Self = Self(1);

    /// The numbers of so many stacks.
    pub fn all(stacks: u32) -> impl Iterator<Item = Self> {
        (1..=stacks).map(Self)
    }

    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The name of this stack of the project `name`: that of the first stack is the project's.
    #[must_use]
    pub(super) fn name_of(self, name: &str) -> String {
        if self == Self::FIRST {
            name.to_owned()
        } else {
            format!("{name}-{}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_stack_has_the_name_of_its_project_and_each_other_one_of_its_own() {
        let names: Vec<_> = StackNumber::all(3)
            .map(|number| number.name_of("shop"))
            .collect();
        assert_eq!(names, ["shop", "shop-2", "shop-3"]);
        assert_eq!(
            StackNumber::FIRST.next(),
            StackNumber::all(2).last().unwrap()
        );
    }
}
