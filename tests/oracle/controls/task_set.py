"""The control of task sets."""

from shared import public_address
from verdict import Control

CONTROLS = [Control("TS.1", "high", lambda case: public_address(case, [case.subject]))]
