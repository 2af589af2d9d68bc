/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A plugin whose node takes tensors on a card. The card of the tests is memory of the processor, so that it needs no
 * kernel: it says what it saw, and goes wrong in the way that `how` names. With PLAIN defined it takes no card. */

#include "smalto_plugin.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef PLAIN
#define FLAGS SMALTO_NODE_PURE
#else
#define FLAGS (SMALTO_NODE_PURE | SMALTO_NODE_CUDA)
#endif

static int freed;
static char inferred[64];

struct own {
    smalto_managed_tensor tensor;
    int64_t shape[4];
    float numbers[12];
};

static void free_own(smalto_managed_tensor *tensor) {
    freed++;
    free(tensor->context);
}

/* A white picture of 2 x 2 in memory of the plugin's own, which lies on `device`. */
static struct own *make_own(smalto_device device) {
    struct own *own = calloc(1, sizeof *own);
    int at;
    own->shape[0] = 1;
    own->shape[1] = own->shape[2] = 2;
    own->shape[3] = 3;
    for (at = 0; at < 12; at++) {
        own->numbers[at] = 1;
    }
    own->tensor.dlpack_major = 1;
    own->tensor.context = own;
    own->tensor.deleter = free_own;
    own->tensor.tensor.data = own->numbers;
    own->tensor.tensor.device = device;
    own->tensor.tensor.rank = 4;
    own->tensor.tensor.element = (smalto_element){ SMALTO_ELEMENT_FLOAT, 32, 1 };
    own->tensor.tensor.shape = own->shape;
    return own;
}

static smalto_status lay(const smalto_run *run, const char *key, smalto_managed_tensor *tensor) {
    smalto_value value = { 0 };
    value.struct_size = sizeof value;
    value.type = SMALTO_TYPE_TENSOR;
    value.managed = tensor;
    return run->output(run->context, smalto_text(key), &value);
}

static smalto_status say(const smalto_run *run, const char *said) {
    smalto_value value = { 0 };
    value.struct_size = sizeof value;
    value.type = SMALTO_TYPE_TEXT;
    value.text = smalto_text(said);
    return run->output(run->context, smalto_text("said"), &value);
}

static char how[32];

static smalto_status create(const smalto_create *create, void **node) {
    const smalto_value *value = create->param(create->context, smalto_text("how"));
    size_t length = value->text.length < sizeof how ? value->text.length : sizeof how - 1;
    memcpy(how, value->text.data, length);
    how[length] = 0;
    *node = how;
    return SMALTO_OK;
}

static smalto_status infer(void *node, const smalto_infer *infer) {
    const smalto_tensor *image = infer->input(infer->context, smalto_text("image"), 0)->tensor;
    (void)node;
    sprintf(inferred, "%d:%d %s", image->device.type, image->device.index, image->data == NULL ? "no numbers" : "numbers");
    return SMALTO_UNSUPPORTED;
}

/* The picture turned around, in room of the host. */
static smalto_status invert(const smalto_run *run, const smalto_tensor *image) {
    smalto_managed_tensor *result = NULL;
    int64_t count = image->shape[0] * image->shape[1] * image->shape[2] * image->shape[3], at;
    smalto_status status = run->alloc_tensor(run->context, image->element, 4, image->shape, &result);
    if (status != SMALTO_OK) {
        return status;
    }
    for (at = 0; at < count; at++) {
        ((float *)result->tensor.data)[at] = 1 - ((const float *)image->data)[at];
    }
    return lay(run, "image", result);
}

/* The region, or one with a number that no region has. */
static smalto_status copy_mask(const smalto_run *run, const smalto_tensor *mask) {
    smalto_managed_tensor *result = NULL;
    smalto_status status = run->alloc_tensor(run->context, mask->element, 3, mask->shape, &result);
    if (status != SMALTO_OK) {
        return status;
    }
    memcpy(result->tensor.data, mask->data, (size_t)(mask->shape[1] * mask->shape[2]));
    if (!strcmp(how, "bad_mask")) {
        *(uint8_t *)result->tensor.data = 2;
    }
    return lay(run, "mask", result);
}

static smalto_status run(void *node, const smalto_run *run) {
    const smalto_tensor *image = run->input(run->context, smalto_text("image"), 0)->tensor;
    const smalto_tensor *mask = run->input(run->context, smalto_text("mask"), 0)->tensor;
    const int64_t huge[4] = { 1, 1 << 16, 1 << 16, 3 };
    smalto_managed_tensor *never = NULL;
    smalto_device elsewhere = { SMALTO_DEVICE_CPU, 0 };
    struct own *own;
    char said[256];
    (void)node;
    if (!strcmp(how, "huge")) {
        return run->alloc_tensor(run->context, image->element, 4, huge, &never);
    } else if (!strcmp(how, "own")) {
        lay(run, "image", &make_own(run->device)->tensor);
    } else if (!strcmp(how, "nowhere")) {
        own = make_own(run->device);
        own->tensor.tensor.data = (void *)16;
        lay(run, "image", &own->tensor);
    } else if (!strcmp(how, "elsewhere") || !strcmp(how, "next_card")) {
        if (how[0] == 'n') {
            elsewhere.type = SMALTO_DEVICE_CUDA;
            elsewhere.index = run->device.index + 1;
        }
        lay(run, "image", &make_own(elsewhere)->tensor);
    } else if (!strcmp(how, "preview")) {
        smalto_value shown = { 0 };
        own = make_own(run->device);
        shown.struct_size = sizeof shown;
        shown.type = SMALTO_TYPE_TENSOR;
        shown.tensor = &own->tensor.tensor;
        run->preview(run->context, smalto_text("image"), &shown);
        free_own(&own->tensor);
        invert(run, image);
    } else {
        invert(run, image);
    }
    copy_mask(run, mask);
    sprintf(said, "run %d:%d on %d, image %d:%d, mask %d:%d, infer %s, freed %d", run->device.type, run->device.index,
            (int)(uintptr_t)run->stream, image->device.type, image->device.index, mask->device.type, mask->device.index,
            inferred, freed);
    return say(run, said);
}

static const smalto_port image = { sizeof(smalto_port), 0, SMALTO_STR("image"), SMALTO_STR("image"), SMALTO_STR("A picture.") };
static const smalto_port mask = { sizeof(smalto_port), 0, SMALTO_STR("mask"), SMALTO_STR("mask"), SMALTO_STR("A region.") };
static const smalto_port said = { sizeof(smalto_port), 0, SMALTO_STR("said"), SMALTO_STR("text"), SMALTO_STR("What it saw.") };
static const smalto_port *const inputs[] = { &image, &mask };
static const smalto_port *const outputs[] = { &image, &mask, &said };
static const smalto_value nothing = {
    sizeof(smalto_value), SMALTO_TYPE_TEXT, 0, 0, SMALTO_STR("nothing"), NULL, NULL, NULL, NULL, 0
};
static const smalto_param how_param = {
    sizeof(smalto_param), SMALTO_PARAM_TEXT, 0, 0, SMALTO_STR("how"), SMALTO_STR("What goes wrong."), SMALTO_STR(""), &nothing,
    0, 0, 0, 0, NULL
};
static const smalto_param *const params[] = { &how_param };
static const smalto_node card = {
    sizeof(smalto_node), 1, FLAGS, 2, 3, 1, SMALTO_STR("test.card"), SMALTO_STR("Card"), SMALTO_STR("Says where it runs."),
    inputs, outputs, params, create, infer, run, NULL
};
static const smalto_node *const nodes[] = { &card };
static const smalto_plugin plugin = {
    sizeof(smalto_plugin), SMALTO_ABI_MAJOR, SMALTO_ABI_MINOR, SMALTO_STR("org.smalto.card"), SMALTO_STR("Card"),
    SMALTO_STR("1.0.0"), SMALTO_STR("MIT OR Apache-2.0"), 1, nodes, NULL, NULL, NULL
};

const smalto_plugin *smalto_plugin_entry_v1(uint16_t host_minor) {
    (void)host_minor;
    return &plugin;
}
