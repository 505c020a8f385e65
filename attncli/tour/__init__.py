"""The lesson of `attn tour`: its screens by name, each a module with the screen's value, lines and command."""

#: The screens in their order and their titles. The module of that name has `parts(tour, screen)` and `command(tour)`.
SCREENS = {
    "embedding": "Tokens and vectors",
    "weighing": "Self-attention",
    "order": "Order does not matter",
    "projecting": "Queries, keys and values",
    "lookup": "One value, or a mixture of all",
    "several": "Several heads",
    "stacking": "Masks and stacked blocks",
    "distance": "Distance",
}
