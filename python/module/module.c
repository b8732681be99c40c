/* The module pneu._pneu itself: what it holds, and its state. */
#include "delivery.h"

const char *const pn_py_offer_names[PN_PY_OFFERS] = {
    [PN_PY_OFFER_PIPELINING] = "PIPELINING",
    [PN_PY_OFFER_SIZE] = "SIZE",
    [PN_PY_OFFER_8BITMIME] = "8BITMIME",
    [PN_PY_OFFER_LIMITS] = "LIMITS",
};

static const char *const OFFERS[PN_PY_OFFERS] = {
    [PN_PY_OFFER_PIPELINING] = "pipelining",
    [PN_PY_OFFER_SIZE] = "size",
    [PN_PY_OFFER_8BITMIME] = "8bitmime",
    [PN_PY_OFFER_LIMITS] = "limits",
};

static const char *const ATTRIBUTES[PN_PY_ATTRIBUTES] = {
    [PN_PY_COMMAND_ENCODING] = "command_encoding",
    [PN_PY_DEBUGLEVEL] = "debuglevel",
    [PN_PY_DOES_ESMTP] = "does_esmtp",
    [PN_PY_ESMTP_FEATURES] = "esmtp_features",
    [PN_PY_FILE] = "file",
    [PN_PY_GROUPS_FAIL] = "_groups_fail",
    [PN_PY_HOLDER] = "_holder",
    [PN_PY_IS_LMTP] = "_is_lmtp",
    [PN_PY_PIPELINING] = "pipelining",
    [PN_PY_REPLIES] = "_replies",
    [PN_PY_SOCK] = "sock",
};

static bool intern(PyObject **strings, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        strings[i] = PyUnicode_InternFromString(texts[i]);
        if (strings[i] == NULL)
            return false;
    }
    return true;
}

static PyTypeObject *find_socket(void)
{
    PyObject *module = PyImport_ImportModule("_socket");
    PyObject *found =
        module != NULL ? PyObject_GetAttrString(module, "socket") : NULL;
    Py_XDECREF(module);
    if (found == NULL || PyType_Check(found))
        return (PyTypeObject *)(void *)found;
    PyErr_SetString(PyExc_TypeError, "_socket.socket is no class");
    Py_DECREF(found);
    return NULL;
}

static bool find_audit(pn_py_state *state)
{
    state->audit = Py_XNewRef(PySys_GetObject("audit"));
    if (state->audit == NULL)
        PyErr_SetString(PyExc_RuntimeError, "there is no sys.audit");
    return state->audit != NULL;
}

static bool fill_state(pn_py_state *state)
{
    static const char *const WORDS[] = {" ", "smtplib.send", "send", "sendall"};
    pn_buffer_init(&state->output, PN_PY_OUTPUT_MAX);
    state->socket = find_socket();
    return state->socket != NULL &&
           intern(state->offers, OFFERS, PN_PY_OFFERS) &&
           intern(state->attributes, ATTRIBUTES, PN_PY_ATTRIBUTES) &&
           intern(&state->blank, &WORDS[0], 1) &&
           intern(&state->event, &WORDS[1], 1) &&
           intern(&state->send, &WORDS[2], 1) &&
           intern(&state->sendall, &WORDS[3], 1) && find_audit(state);
}

static bool add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **kept)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    *kept = (PyTypeObject *)(void *)type;
    return type != NULL && PyModule_AddType(module, *kept) == 0;
}

static bool add_types(PyObject *module, pn_py_state *state)
{
    PyTypeObject *exchange = NULL;
    bool is_added =
        add_type(module, &pn_py_replies_spec, &state->replies) &&
        add_type(module, &pn_py_untouched_spec, &state->untouched) &&
        add_type(module, &pn_py_delivery_spec, &state->delivery) &&
        add_type(module, &pn_py_exchange_spec, &exchange);
    Py_XDECREF((PyObject *)exchange);
    return is_added;
}

static bool add_constants(PyObject *module)
{
    static const struct {
        const char *name;
        long value;
    } CONSTANTS[] = {
        {"END_OF_STREAM", PNEU_END_OF_STREAM},
        {"END_RESET", PNEU_END_RESET},
        {"END_TIMEOUT", PNEU_END_TIMEOUT},
        {"CLOSE", PN_PY_CLOSE},
        {"RESET", PN_PY_RESET},
        {"RETRY", PN_PY_RETRY},
        {"HEAR_OUT", PN_PY_HEAR_OUT},
        {"GO_ON", PN_PY_GO_ON},
        {"HELD", PN_PY_HELD},
        {"OUTPUT_MAX", PN_PY_OUTPUT_MAX},
    };
    for (size_t i = 0; i < sizeof(CONSTANTS) / sizeof(CONSTANTS[0]); i++) {
        if (PyModule_AddIntConstant(module, CONSTANTS[i].name,
                                    CONSTANTS[i].value) != 0)
            return false;
    }
    return true;
}

static int execute(PyObject *module)
{
    pn_py_state *state = PyModule_GetState(module);
    bool is_whole =
        fill_state(state) && add_types(module, state) &&
        add_constants(module) &&
        PyModule_AddFunctions(module, pn_py_text_functions) == 0 &&
        PyModule_AddFunctions(module, pn_py_plan_functions) == 0 &&
        PyModule_AddFunctions(module, pn_py_hold_functions) == 0 &&
        PyModule_AddFunctions(module, pn_py_exchange_functions) == 0;
    return is_whole ? 0 : -1;
}

static int traverse_state(PyObject *module, visitproc visit, void *arg)
{
    pn_py_state *state = PyModule_GetState(module);
    Py_VISIT(state->delivery);
    Py_VISIT(state->replies);
    Py_VISIT(state->untouched);
    Py_VISIT(state->socket);
    Py_VISIT(state->audit);
    return 0;
}

static int clear_state(PyObject *module)
{
    pn_py_state *state = PyModule_GetState(module);
    Py_CLEAR(state->delivery);
    Py_CLEAR(state->replies);
    Py_CLEAR(state->untouched);
    Py_CLEAR(state->socket);
    Py_CLEAR(state->audit);
    pn_py_memory_free(&state->spare);
    return 0;
}

/* Strings are in no cycle: they last as long as the module. */
static void free_state(void *module)
{
    pn_py_state *state = PyModule_GetState(module);
    clear_state(module);
    for (size_t i = 0; i < PN_PY_OFFERS; i++)
        Py_XDECREF(state->offers[i]);
    for (size_t i = 0; i < PN_PY_ATTRIBUTES; i++)
        Py_XDECREF(state->attributes[i]);
    Py_XDECREF(state->blank);
    Py_XDECREF(state->event);
    Py_XDECREF(state->send);
    Py_XDECREF(state->sendall);
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
    .m_traverse = traverse_state,
    .m_clear = clear_state,
    .m_free = free_state,
};

PyMODINIT_FUNC PyInit__pneu(void);

PyMODINIT_FUNC PyInit__pneu(void)
{
    return PyModuleDef_Init(&DEFINITION);
}
