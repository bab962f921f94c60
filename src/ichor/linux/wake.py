"""Wake-ups, under the name the adapters know."""

from ichor.cosi.wakes import Wakes as Wakes
