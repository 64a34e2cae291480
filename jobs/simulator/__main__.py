"""`python -m jobs.simulator --port N`: what `manage.py run_simulator` runs, in a third of its time
to the first answer."""

from jobs.simulator.process import main

main()
