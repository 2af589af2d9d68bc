/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* example.invert_cuda: turns the colours of pictures around, with a kernel of its own where they lie on a card. */

#include "smalto_plugin.h"

#include <dlfcn.h>
#include <stdlib.h>

/* ---- the card ---- */

/* The driver's own interface is enough: no toolkit is needed to build this, and no library to load it. */
static struct {
    int (*module_load_data)(void **module, const void *image);
    int (*module_get_function)(void **function, void *module, const char *name);
    int (*launch_kernel)(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                         unsigned block_y, unsigned block_z, unsigned shared, void *stream, void **arguments, void **extra);
    int (*mem_alloc)(uint64_t *address, size_t bytes, void *stream);
    int (*mem_free)(uint64_t address, void *stream);
} driver;

/* One number to each thread. The driver compiles it for the card at hand. */
static const char ptx[] =
    ".version 6.0\n"
    ".target sm_70\n"
    ".address_size 64\n"
    ".visible .entry invert(.param .u64 from, .param .u64 to, .param .u64 count)\n"
    "{\n"
    "    .reg .pred %outside;\n"
    "    .reg .b32 %block, %width, %thread;\n"
    "    .reg .b64 %number, %count, %from, %to, %offset;\n"
    "    .reg .f32 %value;\n"
    "    mov.u32 %block, %ctaid.x;\n"
    "    mov.u32 %width, %ntid.x;\n"
    "    mov.u32 %thread, %tid.x;\n"
    "    cvt.u64.u32 %number, %thread;\n"
    "    mad.wide.u32 %number, %block, %width, %number;\n"
    "    ld.param.u64 %count, [count];\n"
    "    setp.ge.u64 %outside, %number, %count;\n"
    "    @%outside bra done;\n"
    "    ld.param.u64 %from, [from];\n"
    "    ld.param.u64 %to, [to];\n"
    "    cvta.to.global.u64 %from, %from;\n"
    "    cvta.to.global.u64 %to, %to;\n"
    "    shl.b64 %offset, %number, 2;\n"
    "    add.u64 %from, %from, %offset;\n"
    "    add.u64 %to, %to, %offset;\n"
    "    ld.global.f32 %value, [%from];\n"
    "    sub.rn.f32 %value, 0f3F800000, %value;\n"
    "    st.global.f32 [%to], %value;\n"
    "done:\n"
    "    ret;\n"
    "}\n";

/* Threads of a block. */
#define BLOCK 256
/* The kernel on each card, once it is there. Nodes that are not reentrant run one after the other: no lock is needed. */
#define CARDS 64
static void *kernels[CARDS];

/* Puts the address of a function of the driver at `place`: 0 or 1. */
static int find(void *library, const char *name, void *place) {
    void *symbol = dlsym(library, name);
    memcpy(place, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* Whether the driver is there: 0 or 1. */
static int open_driver(void) {
    void *library;
    if (driver.mem_free != NULL) {
        return 1;
    }
    library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    return library != NULL && find(library, "cuModuleLoadData", &driver.module_load_data) &&
           find(library, "cuModuleGetFunction", &driver.module_get_function) &&
           find(library, "cuLaunchKernel", &driver.launch_kernel) && find(library, "cuMemAllocAsync", &driver.mem_alloc) &&
           find(library, "cuMemFreeAsync", &driver.mem_free);
}

/* The kernel on the card that `run` is on, whose context is current; null where it cannot be had. */
static void *kernel_on(int32_t card) {
    void *module = NULL;
    if (card < 0 || card >= CARDS || !open_driver()) {
        return NULL;
    }
    if (kernels[card] == NULL && driver.module_load_data(&module, ptx) == 0) {
        (void)driver.module_get_function(&kernels[card], module, "invert");
    }
    return kernels[card];
}

static int invert_on_card(const smalto_run *run, void *from, void *to, uint64_t count) {
    void *kernel = kernel_on(run->device.index);
    uint64_t blocks = (count + BLOCK - 1) / BLOCK;
    void *arguments[3];
    if (kernel == NULL || blocks > INT32_MAX) {
        return 0;
    }
    arguments[0] = &from;
    arguments[1] = &to;
    arguments[2] = &count;
    /* It is queued, and nobody waits for it: whatever uses the result is queued behind it. */
    return driver.launch_kernel(kernel, (unsigned)blocks, 1, 1, BLOCK, 1, 1, 0, run->stream, arguments, NULL) == 0;
}

/* ---- room for the result ---- */

/* What the node is set to: the only thing that is kept from `create` to `destroy`, in the pointer itself. */
static char room_of_the_host, room_of_its_own;

/* A tensor that the plugin makes itself, in memory of its own. */
struct own {
    smalto_managed_tensor tensor;
    int64_t shape[4];
    void *stream;
};

static void free_own(smalto_managed_tensor *tensor) {
    struct own *own = tensor->context;
    if (tensor->tensor.device.type == SMALTO_DEVICE_CUDA) {
        /* Not cuMemFree, which waits for the whole card. */
        (void)driver.mem_free((uint64_t)(uintptr_t)tensor->tensor.data, own->stream);
    } else {
        free(tensor->tensor.data);
    }
    free(own);
}

static smalto_status make_own(const smalto_run *run, const smalto_tensor *like, size_t bytes, smalto_managed_tensor **made) {
    struct own *own = calloc(1, sizeof *own);
    uint64_t address = 0;
    void *data = NULL;
    if (own == NULL) {
        return SMALTO_OUT_OF_HOST_MEMORY;
    }
    if (run->device.type != SMALTO_DEVICE_CUDA) {
        data = malloc(bytes);
    } else if (open_driver() && driver.mem_alloc(&address, bytes, run->stream) == 0) {
        data = (void *)(uintptr_t)address;
    }
    if (data == NULL) {
        free(own);
        return run->device.type == SMALTO_DEVICE_CUDA ? SMALTO_OUT_OF_DEVICE_MEMORY : SMALTO_OUT_OF_HOST_MEMORY;
    }
    memcpy(own->shape, like->shape, sizeof own->shape);
    own->tensor.dlpack_major = 1;
    own->tensor.context = own;
    own->tensor.deleter = free_own;
    own->tensor.tensor = *like;
    own->tensor.tensor.data = data;
    own->tensor.tensor.byte_offset = 0;
    own->tensor.tensor.shape = own->shape;
    own->stream = run->stream;
    *made = &own->tensor;
    return SMALTO_OK;
}

/* ---- the node ---- */

static smalto_status create(const smalto_create *create, void **node) {
    const smalto_value *own = create->param(create->context, smalto_text("own_memory"));
    *node = own != NULL && own->integer ? &room_of_its_own : &room_of_the_host;
    return SMALTO_OK;
}

static smalto_status fail(const smalto_run *run, smalto_status status, const char *where, const char *problem, const char *hint) {
    run->set_error(run->context, smalto_text(where), smalto_text(problem), smalto_text(hint));
    return status;
}

static smalto_status run(void *node, const smalto_run *run) {
    const smalto_element f32 = { SMALTO_ELEMENT_FLOAT, 32, 1 };
    const smalto_value *image = run->input(run->context, smalto_text("image"), 0);
    smalto_managed_tensor *result = NULL;
    smalto_value output = { 0 };
    smalto_status status;
    uint64_t count = 1, at;
    char *from, *to;
    int side;

    if (image == NULL || image->type != SMALTO_TYPE_TENSOR || image->tensor->rank != 4) {
        return fail(run, SMALTO_INVALID_INPUT, "image", "there is no picture", "wire one to it");
    }
    for (side = 0; side < 4; side++) {
        count *= (uint64_t)image->tensor->shape[side];
    }
    if (node == &room_of_its_own) {
        status = make_own(run, image->tensor, (size_t)count * sizeof(float), &result);
    } else {
        status = run->alloc_tensor(run->context, f32, 4, image->tensor->shape, &result);
    }
    if (status != SMALTO_OK) {
        return fail(run, status, "", "there is no room for the result", "work on smaller pictures");
    }
    from = (char *)image->tensor->data + image->tensor->byte_offset;
    to = (char *)result->tensor.data + result->tensor.byte_offset;
    if (run->device.type != SMALTO_DEVICE_CUDA) {
        for (at = 0; at < count; at++) {
            ((float *)to)[at] = 1.0F - ((const float *)from)[at];
        }
    } else if (!invert_on_card(run, from, to, count)) {
        if (node == &room_of_its_own) {
            result->deleter(result);
        }
        return fail(run, SMALTO_FAILED, "", "the card does not take the kernel",
                    "trust the plugin without --in-process, so that it works on the processor");
    } else {
        (void)run->progress(run->context, 1, 1, smalto_text("queued on the card"));
    }
    output.struct_size = sizeof output;
    output.type = SMALTO_TYPE_TENSOR;
    output.managed = result;
    return run->output(run->context, smalto_text("image"), &output);
}

static const smalto_port image_in = {
    sizeof(smalto_port), 0, SMALTO_STR("image"), SMALTO_STR("image"), SMALTO_STR("The pictures.")
};
static const smalto_port image_out = {
    sizeof(smalto_port), 0, SMALTO_STR("image"), SMALTO_STR("image"), SMALTO_STR("The pictures, turned around.")
};
static const smalto_port *const inputs[] = { &image_in };
static const smalto_port *const outputs[] = { &image_out };

static const smalto_value no = {
    sizeof(smalto_value), SMALTO_TYPE_BOOL, 0, 0, SMALTO_STR(""), NULL, NULL, NULL, NULL, 0
};
static const smalto_param own_memory = {
    sizeof(smalto_param), SMALTO_PARAM_BOOL, 0, 0, SMALTO_STR("own_memory"),
    SMALTO_STR("Whether the plugin makes room for the result itself, which costs a copy."),
    SMALTO_STR(""), &no, 0, 0, 0, 0, NULL
};
static const smalto_param *const params[] = { &own_memory };

static const smalto_node invert = {
    sizeof(smalto_node), 1, SMALTO_NODE_PURE | SMALTO_NODE_CUDA, 1, 1, 1,
    SMALTO_STR("example.invert_cuda"), SMALTO_STR("Invert on a card"), SMALTO_STR("Turns the colours of pictures around."),
    inputs, outputs, params, create, NULL, run, NULL
};
static const smalto_node *const nodes[] = { &invert };

static const smalto_plugin plugin = {
    sizeof(smalto_plugin), SMALTO_ABI_MAJOR, SMALTO_ABI_MINOR,
    SMALTO_STR("org.smalto.invert-cuda"), SMALTO_STR("Invert on a card"), SMALTO_STR("1.0.0"),
    SMALTO_STR("MIT OR Apache-2.0"), 1, nodes, NULL, NULL, NULL
};

const smalto_plugin *smalto_plugin_entry_v1(uint16_t host_minor) {
    (void)host_minor;
    return &plugin;
}
