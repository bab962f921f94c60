"""Resources as bytes and as text: messages of the state API, and YAML. For the API only."""
