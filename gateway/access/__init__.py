"""Who may do what: pure rules without input or output."""
