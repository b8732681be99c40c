# The front door. Meson and Ninja build; everything else is done by the
# programs in tools/, which can be run by themselves as well.

BUILD = build
prefix =
DESTDIR =
BENCH =

.PHONY: all demo check check-all bench install clean help

all:
	@tools/build '$(BUILD)' '$(prefix)'

demo: all
	@tools/demo '$(BUILD)'

check:
	@tools/check short

check-all:
	@tools/check long

# BENCH='--rounds 3 --pin 0,1': see bench/README.md
bench: all
	@bench/run --build '$(BUILD)' $(BENCH)

install: all
	@meson install -C '$(BUILD)' --no-rebuild --quiet \
	    $(if $(DESTDIR),--destdir '$(abspath $(DESTDIR))')

clean:
	rm -rf '$(BUILD)' build-check

help:
	@echo 'make            build build/pneu, build/libpneu.so and build/python/pneu'
	@echo 'make demo       a real message through a real server, on this machine'
	@echo 'make check      build and test everything; under ten minutes'
	@echo 'make check-all  the longer checks: clang-tidy, valgrind, ...'
	@echo 'make bench      what a message costs, beside other clients; some minutes'
	@echo 'make install    into prefix=/usr/local, under DESTDIR= if given'
	@echo 'make clean      remove what was built'
	@echo
	@echo './demo and ./check install the Debian packages needed first.'
