/* The module pneu._pneu itself: what it holds, and its state. */
#include "pneu/session.h"
#include "state.h"

const char *const pn_py_offer_names[PN_PY_OFFERS] = {"PIPELINING", "SIZE",
                                                     "8BITMIME", "LIMITS"};

static bool fill_state(pn_py_state *state)
{
    static const char *const KEYS[PN_PY_OFFERS] = {"pipelining", "size",
                                                   "8bitmime", "limits"};
    pn_buffer_init(&state->output, PN_PY_OUTPUT_MAX);
    for (size_t i = 0; i < PN_PY_OFFERS; i++) {
        state->offers[i] = PyUnicode_InternFromString(KEYS[i]);
        if (state->offers[i] == NULL)
            return false;
    }
    state->blank = PyUnicode_InternFromString(" ");
    return state->blank != NULL;
}

static bool add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type == NULL)
        return false;
    int added = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return added == 0;
}

static bool add_types(PyObject *module)
{
    return add_type(module, &pn_py_replies_spec) &&
           add_type(module, &pn_py_untouched_spec) &&
           add_type(module, &pn_py_delivery_spec) &&
           add_type(module, &pn_py_exchange_spec);
}

static bool add_constants(PyObject *module)
{
    return PyModule_AddIntConstant(module, "END_OF_STREAM",
                                   PNEU_END_OF_STREAM) == 0 &&
           PyModule_AddIntConstant(module, "END_RESET", PNEU_END_RESET) == 0 &&
           PyModule_AddIntConstant(module, "END_TIMEOUT", PNEU_END_TIMEOUT) ==
               0;
}

static int execute(PyObject *module)
{
    bool is_whole =
        fill_state(PyModule_GetState(module)) && add_types(module) &&
        add_constants(module) &&
        PyModule_AddFunctions(module, pn_py_text_functions) == 0 &&
        PyModule_AddFunctions(module, pn_py_exchange_functions) == 0;
    return is_whole ? 0 : -1;
}

/* It holds strings, which are in no cycle: it lasts as long as the module, and
 * that as long as its types. */
static void free_state(void *module)
{
    pn_py_state *state = PyModule_GetState(module);
    for (size_t i = 0; i < PN_PY_OFFERS; i++)
        Py_XDECREF(state->offers[i]);
    Py_XDECREF(state->blank);
    pn_buffer_finish(&state->output);
}

static PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, PN_PY_SLOT(execute)},
    {0, NULL},
};

static PyModuleDef DEFINITION = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pneu._pneu",
    .m_doc = "The protocol, in C: what pneu.smtplib and pneu.aio are drivers "
             "of.",
    .m_size = sizeof(pn_py_state),
    .m_slots = SLOTS,
    .m_free = free_state,
};

PyMODINIT_FUNC PyInit__pneu(void);

PyMODINIT_FUNC PyInit__pneu(void)
{
    return PyModuleDef_Init(&DEFINITION);
}
