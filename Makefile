# The front door. Meson and Ninja build; everything else is done by the
# programs in tools/, which can be run by themselves as well.

BUILD = build
prefix =
DESTDIR =

.PHONY: all demo check check-all install clean help

all:
	@tools/build '$(BUILD)' '$(prefix)'

demo: all
	@tools/demo '$(BUILD)'

check:
	@tools/check short

check-all:
	@tools/check long

install: all
	@meson install -C '$(BUILD)' --no-rebuild --quiet \
	    $(if $(DESTDIR),--destdir '$(abspath $(DESTDIR))')

clean:
	rm -rf '$(BUILD)' build-check

help:
	@echo 'make            build build/pneu and build/libpneu.so'
	@echo 'make demo       a real message through a real server, on this machine'
	@echo 'make check      build and test everything; under ten minutes'
	@echo 'make check-all  the longer checks: clang-tidy, valgrind, ...'
	@echo 'make install    into prefix=/usr/local, under DESTDIR= if given'
	@echo 'make clean      remove what was built'
	@echo
	@echo './demo and ./check install the Debian packages needed first.'
