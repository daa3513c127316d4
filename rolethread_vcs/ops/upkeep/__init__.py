"""The dataset itself: starting one, its settings and rules, its health, and what plain git brings."""
