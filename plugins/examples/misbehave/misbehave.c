/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* example.misbehave: does wrong on demand, to test hosts with.
 *
 * What goes wrong when the node is made, run and taken away is chosen by the parameter `how`: see `ways` below.
 *
 * What goes wrong in the tables, or when the library is loaded, is chosen by one macro when it is compiled:
 *
 *   SIN_NO_SYMBOL            the entry has another name
 *   SIN_NULL_ENTRY           the entry answers null
 *   SIN_GARBAGE_ENTRY        the entry answers with a pointer to nothing
 *   SIN_ENTRY_SEGFAULT, SIN_ENTRY_ABORT, SIN_ENTRY_SPIN   the entry never answers
 *   SIN_LOAD_SEGFAULT        the library crashes before anything is called
 *   SIN_INIT_FAILS           `init` fails
 *   SIN_WRONG_MAJOR          the plugin says that it was compiled with version 2
 *   SIN_SIZE_ZERO, SIN_SIZE_SMALL, SIN_SIZE_HUGE          `struct_size` of the plugin
 *   SIN_NODE_SIZE_ZERO, SIN_PORT_SIZE_HUGE                the same of a node and a port
 *   SIN_NULL_NAME            the id has a length and no bytes
 *   SIN_BAD_TEXT             the description is not UTF-8
 *   SIN_BAD_ID, SIN_BAD_KIND, SIN_BAD_KEY                 names that no file can hold
 *   SIN_NULL_NODES, SIN_NULL_NODE, SIN_COUNT_HUGE         counts that the arrays do not keep
 *   SIN_MANY_NODES           10,000 nodes, which is allowed
 *   SIN_GROWN                the tables are larger than this host knows, which is allowed
 *   SIN_DUPLICATE_KINDS, SIN_DUPLICATE_PORTS, SIN_DUPLICATE_KEYS   two nodes, two inputs, a port and a parameter of one name
 *   SIN_UNKNOWN_WIRE_KIND, SIN_FOREIGN_WIRE_KIND          ports of kinds that cannot pass
 *   SIN_POLICY_INPUT, SIN_POLICY_WITHOUT_TABLE            policies where there cannot be any
 *   SIN_PORT_BOTH_FLAGS, SIN_OUTPUT_OPTIONAL              flags that contradict each other
 *   SIN_UNKNOWN_PARAM_TYPE, SIN_NAN_RANGE, SIN_REVERSED_RANGE, SIN_DEFAULT_OUTSIDE, SIN_DEFAULT_OF_ANOTHER_TYPE
 *   SIN_NO_CHOICES, SIN_SEEDED_WITHOUT_SEED               parameters that cannot be set
 *   SIN_VERSION_ZERO, SIN_NO_RUN, SIN_NO_CREATE           nodes that cannot be used
 */

#define _GNU_SOURCE
#include "smalto_plugin.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT(array) (uint32_t)(sizeof(array) / sizeof(array)[0])
#define TEXT(literal) ((smalto_str){ literal, sizeof(literal) - 1 })

/* ---- what goes wrong in the node ---- */

static const char *const ways[] = {
    "nothing",         /* the input goes out as it came in */
    "segfault",        /* a write to where nothing is */
    "abort",           /* abort() */
    "exit",            /* exit(3): the process ends in order, in the middle of a run */
    "kill",            /* SIGKILL, as the system does where memory runs out */
    "overflow",        /* no end of recursion */
    "spin",            /* no end, deaf to cancelling */
    "wait",            /* ends only when the run is cancelled */
    "leak",            /* a mebibyte of its own and a tensor of the host that nobody gets */
    "print",           /* much on stdout and stderr, then the result */
    "close_files",     /* closes every file but the first three */
    "crash_in_create", /* a write to where nothing is, while the node is made */
    "fail_in_create",  /* the parameter is named as wrong */
    "crash_in_destroy", /* a write to where nothing is, while the node is taken away */
    "no_output",       /* says that all is well, and hands over nothing */
    "output_twice",    /* hands over two results */
    "unknown_output",  /* hands over something at a port that is not there */
    "unknown_status",  /* answers 99 */
    "no_reason",       /* fails and does not say why */
    "bad_reason",      /* fails and says why in what is not UTF-8 */
    "wrong_type",      /* a text where a picture should be */
    "wrong_rank",      /* three dimensions */
    "wrong_channels",  /* four channels */
    "wrong_element",   /* bytes */
    "wrong_device",    /* says that the numbers lie on a card */
    "broken_promise",  /* another shape than `infer` promised */
    "negative_shape",  /* a side of -1 */
    "huge_shape",      /* more numbers than any memory holds */
    "strided",         /* columns before rows */
    "null_tensor",     /* a tensor that is not there */
    "null_data",       /* numbers that are not there */
    "null_shape",      /* sizes that are not there */
    "no_deleter",      /* a tensor that is never freed, which is allowed */
    "own_tensor",      /* a tensor of the plugin's own, which is allowed */
    "wrong_dlpack",    /* a tensor of another DLPack, which nobody may read but must free */
    "size_zero",       /* a value of the size 0 */
    "size_huge",       /* a value of an impossible size */
    "huge_alloc",      /* asks the host for more than there is */
    "bad_alloc",       /* asks the host for a shape that cannot be */
};

struct own {
    smalto_managed_tensor tensor;
    int64_t shape[4];
    float numbers[12];
};

/* How often a tensor of our own was freed; `misbehave_freed` tells. */
static int freed;

SMALTO_EXPORT int misbehave_freed(void) {
    return freed;
}

static void free_own(smalto_managed_tensor *tensor) {
    freed++;
    free(tensor->context);
}

/* A picture of 2 x 2 pixels that the host did not make. */
static struct own *make_own(void) {
    struct own *own = calloc(1, sizeof *own);
    const int64_t shape[4] = { 1, 2, 2, 3 };
    if (own == NULL) {
        abort();
    }
    memcpy(own->shape, shape, sizeof shape);
    own->tensor.dlpack_major = 1;
    own->tensor.context = own;
    own->tensor.deleter = free_own;
    own->tensor.tensor.data = own->numbers;
    own->tensor.tensor.device.type = SMALTO_DEVICE_CPU;
    own->tensor.tensor.rank = 4;
    own->tensor.tensor.element = (smalto_element){ SMALTO_ELEMENT_FLOAT, 32, 1 };
    own->tensor.tensor.shape = own->shape;
    return own;
}

static void segfault(void) {
    volatile int *volatile nothing = (volatile int *)8;
    *nothing = 1;
}

/* No compiler sees that it never ends. */
static volatile int deeper = 1;

static int overflow(volatile const char *outer) {
    volatile char inner[4096];
    inner[0] = *outer;
    return deeper ? overflow(inner) + inner[0] : 0;
}

static smalto_status output(const smalto_run *run, const char *key, smalto_managed_tensor *tensor) {
    smalto_value value = { 0 };
    value.struct_size = sizeof value;
    value.type = SMALTO_TYPE_TENSOR;
    value.managed = tensor;
    return run->output(run->context, smalto_text(key), &value);
}

static smalto_status copy(const smalto_run *run) {
    const smalto_tensor *from = run->input(run->context, smalto_text("image"), 0)->tensor;
    smalto_managed_tensor *to = NULL;
    smalto_status status = run->alloc_tensor(run->context, from->element, from->rank, from->shape, &to);
    size_t bytes = 4;
    int32_t side;
    if (status != SMALTO_OK) {
        return status;
    }
    for (side = 0; side < from->rank; side++) {
        bytes *= (size_t)from->shape[side];
    }
    memcpy(to->tensor.data, (const char *)from->data + from->byte_offset, bytes);
    return output(run, "image", to);
}

/* What ends the process, or never ends; anything else does nothing here. */
static void fatal(const char *how, const smalto_run *run) {
    if (!strcmp(how, "segfault")) {
        segfault();
    } else if (!strcmp(how, "abort")) {
        abort();
    } else if (!strcmp(how, "exit")) {
        exit(3);
    } else if (!strcmp(how, "kill")) {
        raise(SIGKILL);
    } else if (!strcmp(how, "overflow")) {
        (void)overflow("");
    } else if (!strcmp(how, "spin")) {
        for (;;) {
        }
    } else if (!strcmp(how, "wait")) {
        while (!run->cancelled(run->context)) {
            usleep(1000);
        }
    }
}

/* What disturbs and yet gives the right result. */
static smalto_status noisy(const char *how, const smalto_run *run) {
    int at;
    if (!strcmp(how, "leak")) {
        smalto_managed_tensor *forgotten = NULL;
        const int64_t shape[1] = { 262144 };
        void *volatile mine = malloc(1 << 20);
        if (mine != NULL) {
            memset(mine, 1, 1 << 20);
        }
        (void)run->alloc_tensor(run->context, (smalto_element){ SMALTO_ELEMENT_FLOAT, 32, 1 }, 1, shape, &forgotten);
    } else if (!strcmp(how, "print")) {
        for (at = 0; at < 4096; at++) {
            printf("misbehave speaks on stdout, line %d\n", at);
            fprintf(stderr, "misbehave speaks on stderr, line %d\n", at);
        }
        fflush(stdout);
    } else if (!strcmp(how, "close_files")) {
        for (at = 3; at < 1024; at++) {
            (void)close(at);
        }
    } else if (!strcmp(how, "output_twice")) {
        (void)copy(run);
    }
    return copy(run);
}

/* A picture of our own with one thing wrong about it, or NULL where `how` is none of these. */
static struct own *wrong_tensor(const char *how) {
    struct own *own = make_own();
    smalto_tensor *tensor = &own->tensor.tensor;
    static int64_t strides[4] = { 12, 3, 6, 1 };
    if (!strcmp(how, "own_tensor") || !strcmp(how, "broken_promise")) {
        return own;
    } else if (!strcmp(how, "wrong_rank")) {
        tensor->rank = 3;
    } else if (!strcmp(how, "wrong_channels")) {
        own->shape[2] = 1;
        own->shape[3] = 4;
    } else if (!strcmp(how, "wrong_element")) {
        tensor->element = (smalto_element){ SMALTO_ELEMENT_UINT, 8, 1 };
    } else if (!strcmp(how, "wrong_device")) {
        tensor->device.type = SMALTO_DEVICE_CUDA;
    } else if (!strcmp(how, "negative_shape")) {
        own->shape[1] = -1;
    } else if (!strcmp(how, "huge_shape")) {
        own->shape[1] = own->shape[2] = (int64_t)1 << 62;
    } else if (!strcmp(how, "strided")) {
        tensor->strides = strides;
    } else if (!strcmp(how, "null_data")) {
        tensor->data = NULL;
    } else if (!strcmp(how, "null_shape")) {
        tensor->shape = NULL;
    } else if (!strcmp(how, "no_deleter")) {
        own->tensor.deleter = NULL;
    } else if (!strcmp(how, "wrong_dlpack")) {
        own->tensor.dlpack_major = 2;
    } else {
        free(own);
        return NULL;
    }
    return own;
}

/* Values that are wrong whatever they hold. */
static smalto_status wrong_value(const char *how, const smalto_run *run) {
    smalto_value value = { 0 };
    value.struct_size = sizeof value;
    value.type = SMALTO_TYPE_TENSOR;
    if (!strcmp(how, "wrong_type")) {
        value.type = SMALTO_TYPE_TEXT;
        value.text = smalto_text("a picture");
    } else if (!strcmp(how, "size_zero")) {
        value.struct_size = 0;
    } else if (!strcmp(how, "size_huge")) {
        value.struct_size = UINT32_MAX;
    }
    return run->output(run->context, smalto_text("image"), &value);
}

static smalto_status wrong_alloc(const char *how, const smalto_run *run) {
    const int64_t huge[4] = { 1, (int64_t)1 << 40, (int64_t)1 << 40, 3 }, bad[4] = { 1, -4, 4, 3 };
    const smalto_element f32 = { SMALTO_ELEMENT_FLOAT, 32, 1 };
    smalto_managed_tensor *tensor = NULL;
    const int64_t *shape = strcmp(how, "bad_alloc") ? huge : bad;
    smalto_status status = run->alloc_tensor(run->context, f32, 4, shape, &tensor);
    return status == SMALTO_OK ? output(run, "image", tensor) : status;
}

/* ---- the node ---- */

static smalto_status create(const smalto_create *create, void **node) {
    const smalto_value *how = create->param(create->context, smalto_text("how"));
    uint32_t way;
    for (way = 0; how != NULL && way < COUNT(ways); way++) {
        if (smalto_is(how->text, ways[way])) {
            break;
        }
    }
    if (how == NULL || way == COUNT(ways)) {
        create->set_error(create->context, smalto_text("how"), smalto_text("it is none of the choices"), smalto_text(""));
        return SMALTO_INVALID_INPUT;
    }
    if (!strcmp(ways[way], "crash_in_create")) {
        segfault();
    } else if (!strcmp(ways[way], "fail_in_create")) {
        create->set_error(create->context, smalto_text("how"), smalto_text("as it was told"), smalto_text("tell it otherwise"));
        return SMALTO_INVALID_INPUT;
    }
    *node = (void *)ways[way];
    return SMALTO_OK;
}

static smalto_status infer(void *node, const smalto_infer *infer) {
    const smalto_value *image = infer->input(infer->context, smalto_text("image"), 0);
    const smalto_element f32 = { SMALTO_ELEMENT_FLOAT, 32, 1 };
    int64_t shape[4];
    int side;
    if (strcmp(node, "nothing") && strcmp(node, "broken_promise")) {
        return SMALTO_OK;
    }
    for (side = 0; side < 4; side++) {
        /* What is promised is never what `run` gives where the promise shall be broken. */
        shape[side] = strcmp(node, "nothing") ? 5 : image->tensor->shape[side];
    }
    shape[3] = 3;
    return infer->promise(infer->context, smalto_text("image"), f32, 4, shape);
}

static smalto_status run(void *node, const smalto_run *run) {
    const char *how = node;
    struct own *own;
    fatal(how, run);
    if (!strcmp(how, "wait")) {
        return SMALTO_CANCELLED;
    } else if (!strcmp(how, "no_output")) {
        return SMALTO_OK;
    } else if (!strcmp(how, "unknown_output")) {
        return output(run, "nowhere", &make_own()->tensor);
    } else if (!strcmp(how, "unknown_status")) {
        return 99;
    } else if (!strcmp(how, "no_reason")) {
        return SMALTO_FAILED;
    } else if (!strcmp(how, "bad_reason")) {
        run->set_error(run->context, smalto_text("\xff"), smalto_text("\xc3("), smalto_text("\x80"));
        return SMALTO_FAILED;
    } else if (!strcmp(how, "wrong_type") || !strcmp(how, "null_tensor") || !strncmp(how, "size_", 5)) {
        return wrong_value(how, run);
    } else if (!strcmp(how, "huge_alloc") || !strcmp(how, "bad_alloc")) {
        return wrong_alloc(how, run);
    }
    own = wrong_tensor(how);
    return own != NULL ? output(run, "image", &own->tensor) : noisy(how, run);
}

static void destroy(void *node) {
    if (!strcmp(node, "crash_in_destroy")) {
        segfault();
    }
}

/* ---- the tables ---- */

static smalto_port image_in = { sizeof(smalto_port), 0, SMALTO_STR("image"), SMALTO_STR("image"), SMALTO_STR("A picture.") };
static smalto_port image_out = { sizeof(smalto_port), 0, SMALTO_STR("image"), SMALTO_STR("image"), SMALTO_STR("A picture.") };
static smalto_port second = { sizeof(smalto_port), SMALTO_PORT_OPTIONAL, SMALTO_STR("note"), SMALTO_STR("text"), SMALTO_STR("Unused.") };
static const smalto_port *inputs[] = { &image_in, &second };
static const smalto_port *outputs[] = { &image_out };

static smalto_value default_how = {
    sizeof(smalto_value), SMALTO_TYPE_TEXT, 0, 0, SMALTO_STR("nothing"), NULL, NULL, NULL, NULL, 0
};
static smalto_value default_amount = {
    sizeof(smalto_value), SMALTO_TYPE_FLOAT, 0, 0.5, SMALTO_STR(""), NULL, NULL, NULL, NULL, 0
};
static smalto_choice choices[COUNT(ways)];
static const smalto_choice *choice_list[COUNT(ways)];
static smalto_param how_param = {
    sizeof(smalto_param), SMALTO_PARAM_CHOICE, 0, COUNT(ways), SMALTO_STR("how"), SMALTO_STR("What goes wrong."),
    SMALTO_STR(""), &default_how, 0, 0, 0, 0, choice_list
};
static smalto_param amount = {
    sizeof(smalto_param), SMALTO_PARAM_FLOAT, 0, 0, SMALTO_STR("amount"), SMALTO_STR("Changes nothing."),
    SMALTO_STR(""), &default_amount, 0, 0, 0, 1, NULL
};
static const smalto_param *params[] = { &how_param, &amount };

static smalto_node misbehave = {
    sizeof(smalto_node), 1, SMALTO_NODE_PURE, 2, 1, 2, SMALTO_STR("example.misbehave"), SMALTO_STR("Misbehave"),
    SMALTO_STR("Does wrong on demand."), inputs, outputs, params, create, infer, run, destroy
};
static const smalto_node *nodes[10000] = { &misbehave };

static smalto_status init(const smalto_host *host, void **plugin) {
    (void)host;
    *plugin = NULL;
#ifdef SIN_INIT_FAILS
    return SMALTO_FAILED;
#else
    return SMALTO_OK;
#endif
}

/* Larger than this host knows, the rest of it not zero. */
static struct {
    smalto_plugin plugin;
    char more[512];
} grown = {
    {
        sizeof(smalto_plugin), SMALTO_ABI_MAJOR, SMALTO_ABI_MINOR, SMALTO_STR("org.smalto.misbehave"),
        SMALTO_STR("Misbehave"), SMALTO_STR("1.0.0"), SMALTO_STR("MIT OR Apache-2.0"), 1, nodes, init, NULL, NULL
    },
    { 1 }
};

/* A macro that chooses nothing leaves the tables as they should be. */
static void go_wrong(smalto_plugin *plugin) {
    (void)plugin;
#if defined(SIN_WRONG_MAJOR)
    plugin->abi_major = 2;
#elif defined(SIN_SIZE_ZERO)
    plugin->struct_size = 0;
#elif defined(SIN_SIZE_SMALL)
    plugin->struct_size = 16;
#elif defined(SIN_SIZE_HUGE)
    plugin->struct_size = UINT32_MAX;
#elif defined(SIN_NODE_SIZE_ZERO)
    misbehave.struct_size = 0;
#elif defined(SIN_PORT_SIZE_HUGE)
    image_in.struct_size = UINT32_MAX;
#elif defined(SIN_NULL_NAME)
    plugin->id.data = NULL;
#elif defined(SIN_BAD_TEXT)
    misbehave.doc = TEXT("\xc3( is no letter");
#elif defined(SIN_BAD_ID)
    plugin->id = TEXT("../misbehave");
#elif defined(SIN_BAD_KIND)
    misbehave.kind = TEXT("Misbehave!");
#elif defined(SIN_BAD_KEY)
    image_in.key = TEXT("the image");
#elif defined(SIN_NULL_NODES)
    plugin->nodes = NULL;
#elif defined(SIN_NULL_NODE)
    plugin->node_count = 2;
#elif defined(SIN_COUNT_HUGE)
    plugin->node_count = UINT32_MAX;
#elif defined(SIN_MANY_NODES)
    static smalto_node many[10000];
    static char kinds[10000][32];
    int at;
    for (at = 0; at < 10000; at++) {
        many[at] = misbehave;
        many[at].kind.data = kinds[at];
        many[at].kind.length = (size_t)snprintf(kinds[at], sizeof kinds[at], "example.misbehave_%d", at);
        nodes[at] = &many[at];
    }
    plugin->node_count = 10000;
#elif defined(SIN_GROWN)
    plugin->struct_size = sizeof grown;
#elif defined(SIN_DUPLICATE_KINDS)
    nodes[1] = &misbehave;
    plugin->node_count = 2;
#elif defined(SIN_DUPLICATE_PORTS)
    second.key = TEXT("image");
#elif defined(SIN_DUPLICATE_KEYS)
    amount.key = TEXT("note");
#elif defined(SIN_UNKNOWN_WIRE_KIND)
    second.kind = TEXT("denoiser");
#elif defined(SIN_FOREIGN_WIRE_KIND)
    second.kind = TEXT("org.acme.thing");
#elif defined(SIN_POLICY_INPUT)
    second.kind = TEXT("policy");
#elif defined(SIN_POLICY_WITHOUT_TABLE)
    image_out.kind = TEXT("policy");
#elif defined(SIN_PORT_BOTH_FLAGS)
    second.flags = SMALTO_PORT_OPTIONAL | SMALTO_PORT_VARIADIC;
#elif defined(SIN_OUTPUT_OPTIONAL)
    image_out.flags = SMALTO_PORT_OPTIONAL;
#elif defined(SIN_UNKNOWN_PARAM_TYPE)
    amount.type = 99;
#elif defined(SIN_NAN_RANGE)
    amount.float_max = NAN;
#elif defined(SIN_REVERSED_RANGE)
    amount.float_min = 2;
#elif defined(SIN_DEFAULT_OUTSIDE)
    default_amount.number = 7;
#elif defined(SIN_DEFAULT_OF_ANOTHER_TYPE)
    default_amount.type = SMALTO_TYPE_TEXT;
#elif defined(SIN_NO_CHOICES)
    how_param.choice_count = 0;
#elif defined(SIN_SEEDED_WITHOUT_SEED)
    misbehave.flags |= SMALTO_NODE_SEEDED;
#elif defined(SIN_VERSION_ZERO)
    misbehave.version = 0;
#elif defined(SIN_NO_RUN)
    misbehave.run = NULL;
#elif defined(SIN_NO_CREATE)
    misbehave.create = NULL;
#endif
}

#ifdef SIN_LOAD_SEGFAULT
__attribute__((constructor)) static void load(void) {
    segfault();
}
#endif

#ifdef SIN_NO_SYMBOL
#define smalto_plugin_entry_v1 smalto_plugin_entry_v0
SMALTO_EXPORT const smalto_plugin *smalto_plugin_entry_v0(uint16_t host_minor);
#endif

const smalto_plugin *smalto_plugin_entry_v1(uint16_t host_minor) {
    static int ready;
    uint32_t way;
    (void)host_minor;
#if defined(SIN_NULL_ENTRY)
    return NULL;
#elif defined(SIN_GARBAGE_ENTRY)
    return (const smalto_plugin *)16;
#elif defined(SIN_ENTRY_SEGFAULT)
    segfault();
#elif defined(SIN_ENTRY_ABORT)
    abort();
#elif defined(SIN_ENTRY_SPIN)
    for (;;) {
    }
#endif
    for (way = 0; way < COUNT(ways) && !ready; way++) {
        choices[way].struct_size = sizeof choices[way];
        choices[way].name = smalto_text(ways[way]);
        choices[way].doc = smalto_text("See misbehave.c.");
        choice_list[way] = &choices[way];
    }
    if (!ready) {
        go_wrong(&grown.plugin);
    }
    ready = 1;
    return &grown.plugin;
}
