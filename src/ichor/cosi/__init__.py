"""The engine: resources, the store, three kinds of controllers, the runtime, plans, operations.

| to | read |
|---|---|
| say what a resource is | resource, query |
| keep and watch resources | state (the contract), memory, disk, watching |
| write a controller | controller (the whole vocabulary), model for its port |
| run controllers | runtime; inside: waves, running, node, inputs, outputs, finalizers, failures |
| see what they would do, or do | plan, graph, metrics |
| ask for something once | operation, sequence (as data), sequencer; inside: progress |

No word of an operating system belongs here, and nothing but disk touches the world.
"""
