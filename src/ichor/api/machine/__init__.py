"""machine.MachineService, a file for each topic: handlers over the store and the ports."""
