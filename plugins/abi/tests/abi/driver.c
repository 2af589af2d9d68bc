/* A host that knows just enough to run example.invert, for the sanitizers to watch. */

#include "smalto_plugin.h"

#include <stdio.h>
#include <stdlib.h>

/* What one run is given and what comes of it. */
struct call {
    smalto_value keep_hue, image;
    int wired, cancelled, full;
    smalto_managed_tensor *result;
    smalto_managed_tensor *allocated[4];
    int allocations;
    char where[32];
};

static const smalto_value *param(void *context, smalto_str key) {
    struct call *call = context;
    return smalto_is(key, "keep_hue") ? &call->keep_hue : NULL;
}

static void set_error(void *context, smalto_str where, smalto_str problem, smalto_str hint) {
    struct call *call = context;
    (void)problem;
    (void)hint;
    snprintf(call->where, sizeof call->where, "%.*s", (int)where.length, where.length ? where.data : "");
}

static const smalto_value *input(void *context, smalto_str key, size_t index) {
    struct call *call = context;
    return call->wired && index == 0 && smalto_is(key, "image") ? &call->image : NULL;
}

static void free_tensor(smalto_managed_tensor *tensor) {
    free(tensor->tensor.data);
    free(tensor->tensor.shape);
    free(tensor);
}

static smalto_status alloc_tensor(void *context, smalto_element element, int32_t rank, const int64_t *shape,
                                  smalto_managed_tensor **tensor) {
    struct call *call = context;
    size_t bytes = element.bits / 8, side;
    smalto_managed_tensor *made;
    if (call->full) {
        return SMALTO_OUT_OF_HOST_MEMORY;
    }
    made = calloc(1, sizeof *made);
    made->dlpack_major = 1;
    made->deleter = free_tensor;
    made->tensor.device.type = SMALTO_DEVICE_CPU;
    made->tensor.rank = rank;
    made->tensor.element = element;
    made->tensor.shape = malloc((size_t)rank * sizeof *shape);
    for (side = 0; side < (size_t)rank; side++) {
        made->tensor.shape[side] = shape[side];
        bytes *= (size_t)shape[side];
    }
    made->tensor.data = calloc(1, bytes);
    call->allocated[call->allocations++] = made;
    *tensor = made;
    return SMALTO_OK;
}

static smalto_status output(void *context, smalto_str key, const smalto_value *value) {
    struct call *call = context;
    if (!smalto_is(key, "image")) {
        return SMALTO_INVALID_INPUT;
    }
    call->result = value->managed;
    return SMALTO_OK;
}

static smalto_status progress(void *context, uint64_t done, uint64_t total, smalto_str note) {
    struct call *call = context;
    (void)done;
    (void)total;
    (void)note;
    return call->cancelled ? SMALTO_CANCELLED : SMALTO_OK;
}

/* Runs the node once; the numbers of `pixel` are those of every pixel. */
static smalto_status called(struct call *call, float *pixels) {
    const smalto_plugin *plugin = smalto_plugin_entry_v1(SMALTO_ABI_MINOR);
    const smalto_node *node = plugin->nodes[0];
    int64_t shape[4] = { 1, 2, 3, 3 };
    smalto_tensor tensor = { pixels, { SMALTO_DEVICE_CPU, 0 }, 4, { SMALTO_ELEMENT_FLOAT, 32, 1 }, shape, NULL, 0 };
    smalto_create create = { sizeof create, call, NULL, NULL, param, set_error };
    smalto_run run = { 0 };
    smalto_status status;
    void *made = NULL;
    int at;

    run.struct_size = sizeof run;
    run.context = call;
    run.input = input;
    run.alloc_tensor = alloc_tensor;
    run.output = output;
    run.progress = progress;
    run.set_error = set_error;
    call->keep_hue.struct_size = call->image.struct_size = sizeof(smalto_value);
    call->keep_hue.type = SMALTO_TYPE_BOOL;
    call->image.type = SMALTO_TYPE_TENSOR;
    call->image.tensor = &tensor;
    status = node->create(&create, &made);
    if (status == SMALTO_OK) {
        status = node->run(made, &run);
    }
    if (node->destroy != NULL) {
        node->destroy(made);
    }
    if (status == SMALTO_OK) {
        /* All pixels are the same, so the last tells of all. */
        const float *last = (const float *)call->result->tensor.data + 15;
        printf("%s %.2f %.2f %.2f\n", call->keep_hue.integer ? "hue" : "plain", last[0], last[1], last[2]);
    }
    for (at = 0; at < call->allocations; at++) {
        call->allocated[at]->deleter(call->allocated[at]);
    }
    return status;
}

static smalto_status inverted(int keep_hue, int wired, int cancelled, int full, const float *pixel, char *where) {
    struct call call = { 0 };
    /* On the heap, so that a read behind the end is seen. */
    float *pixels = malloc(18 * sizeof *pixels);
    smalto_status status;
    int at;
    for (at = 0; at < 18; at++) {
        pixels[at] = pixel[at % 3];
    }
    call.keep_hue.integer = keep_hue;
    call.wired = wired;
    call.cancelled = cancelled;
    call.full = full;
    status = called(&call, pixels);
    free(pixels);
    memcpy(where, call.where, sizeof call.where);
    return status;
}

int main(void) {
    const float dark[3] = { 0.25F, 0.5F, 1.0F }, dim[3] = { 0.4F, 0.3F, 0.1F };
    char where[32];
    inverted(0, 1, 0, 0, dark, where);
    /* The brightest channel comes to lie as far below 1 as the darkest was above 0, and the other way round. */
    inverted(1, 1, 0, 0, (const float[3]){ 0.75F, 0.5F, 0.0F }, where);
    inverted(1, 1, 0, 0, dim, where);
    printf("cancelled %d\n", inverted(0, 1, 1, 0, dark, where));
    printf("no input %d ", inverted(0, 0, 0, 0, dark, where));
    printf("%s\n", where);
    printf("no memory %d\n", inverted(0, 1, 0, 1, dark, where));
    return 0;
}
