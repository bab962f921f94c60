"""YAML 1.2 core, strictly: text -> nodes with lines -> values, and values -> canonical text."""
