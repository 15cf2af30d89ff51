# For hands used to make; every target is one word of run.py.
.PHONY: run test check setup lock web
run test check setup lock web:
	@python3 run.py $@
