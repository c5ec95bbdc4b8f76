//! What a rule's expression can be: its labels, its values, its parts.
