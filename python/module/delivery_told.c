/* What is left of a delivery that is over. */
#include "delivery.h"
#include "flow/delivery.h"

bool pn_py_delivery_is_whole(const pn_py_delivery *self)
{
    return self->session != NULL && pn_py_delivery_is_done(self) &&
           (pn_py_delivery_ending(self) & PN_PY_CLOSE) == 0;
}

static void spare(pn_py_delivery *self)
{
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace); /* it may die of an exception */
    pn_py_state *state = PyType_GetModuleState(Py_TYPE(&self->base));
    if (state != NULL && state->spare.session == NULL) {
        state->spare = self->memory;
        self->memory = (pn_py_memory){.room = 0};
    }
    PyErr_Restore(kind, value, trace);
}

void pn_py_delivery_leave_memory(pn_py_delivery *self, bool is_whole)
{
    if (is_whole && pn_py_memory_is_small(&self->memory))
        spare(self);
    pn_py_memory_free(&self->memory);
}

/* Has everybody the message, by one and the same reply? */
static bool are_alike(const pn_py_delivery *self)
{
    const pn_fate *fates = self->inside->fates;
    if (self->lmtp || self->notes.end.text == NULL || self->count == 0)
        return false;
    for (size_t i = 0; i < self->count; i++) {
        if (fates[i].outcome.kind != PNEU_OUTCOME_ACCEPTED ||
            fates[i].text != fates[0].text)
            return false;
    }
    return true;
}

/* What the outcomes need, but for the last reply. False if there is no memory:
 * then all stays as it is. */
static bool keep_outcomes(pn_py_delivery *self)
{
    if (are_alike(self)) {
        self->enhanced = self->inside->fates[0].outcome.enhanced;
        return true;
    }
    self->rows = pn_py_delivery_outcomes(self);
    if (self->rows == NULL)
        PyErr_Clear();
    return self->rows != NULL;
}

void pn_py_delivery_shrink(pn_py_delivery *self)
{
    if (self->is_told || !keep_outcomes(self))
        return;
    bool is_whole = pn_py_delivery_is_whole(self);
    pn_py_note end = self->notes.end;
    self->notes.end = (pn_py_note){.code = 0};
    self->is_told = true;
    self->inside = NULL;
    self->session = NULL;
    pn_py_notes_clear(self);
    self->notes.recipients = NULL;
    self->notes.end = end;
    pn_py_delivery_leave_memory(self, is_whole);
}

PyObject *pn_py_delivery_told(const pn_py_delivery *self)
{
    const pneu_outcome all = {.kind = PNEU_OUTCOME_ACCEPTED,
                              .command = PNEU_COMMAND_CONTENT,
                              .code = self->notes.end.code,
                              .enhanced = self->enhanced};
    if (self->rows != NULL)
        return PyList_GetSlice(self->rows, 0, PyList_Size(self->rows));
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < self->count; i++) {
        PyObject *row =
            pn_py_delivery_row(self, i, &all, Py_NewRef(self->notes.end.text));
        if (row == NULL || PyList_Append(list, row) != 0)
            Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}
