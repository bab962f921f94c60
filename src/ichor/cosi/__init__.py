"""The engine: resources, the store, three kinds of controllers, the runtime.

No word of an operating system belongs here.
"""
