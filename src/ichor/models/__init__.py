"""Pure models of ports: model(observed, action) -> observed'. What `plan` runs over."""
