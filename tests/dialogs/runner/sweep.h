/* The same dialogue again and again, each time with one thing failing. */
#ifndef RUNNER_SWEEP_H
#define RUNNER_SWEEP_H

#include "script.h"

/* Each gives the number of runs, and fills complaint if one went wrong. */
size_t sweep_memory(const script *of, text *complaint);
size_t sweep_input(const script *of, text *complaint);
size_t sweep_output(const script *of, text *complaint);

#endif
