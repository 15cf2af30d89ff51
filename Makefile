# For hands used to make; every target is one word of run.py.
.PHONY: run test check setup lock
run test check setup lock:
	@python3 run.py $@
