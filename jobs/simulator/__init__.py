"""A DashScope of our own: the four import calls, a clock to push, and faults by name."""

from jobs.simulator.keys import SIMULATOR_KEY
from jobs.simulator.remote import SimulatorControl
from jobs.simulator.simulator import Simulator
from jobs.simulator.state_file import StateFileError

__all__ = ["SIMULATOR_KEY", "Simulator", "SimulatorControl", "StateFileError"]
