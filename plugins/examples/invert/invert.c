/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* example.invert: turns the colours of pictures around. The smallest useful plugin in C. */

#include "smalto_plugin.h"

/* What the node is set to: the only thing that is kept from `create` to `destroy`, in the pointer itself. */
static char whole, only_brightness;

static smalto_status create(const smalto_create *create, void **node) {
    const smalto_value *keep = create->param(create->context, smalto_text("keep_hue"));
    *node = keep != NULL && keep->integer ? &only_brightness : &whole;
    return SMALTO_OK;
}

static float inverted(const float *pixel, int channel, int keep_hue) {
    float most = pixel[0], least = pixel[0];
    int other;
    if (!keep_hue) {
        return 1.0F - pixel[channel];
    }
    /* Mirrored at the middle between the brightest and the darkest channel, so that the differences stay. */
    for (other = 1; other < 3; other++) {
        most = pixel[other] > most ? pixel[other] : most;
        least = pixel[other] < least ? pixel[other] : least;
    }
    return pixel[channel] + 1.0F - most - least;
}

static smalto_status run(void *node, const smalto_run *run) {
    const smalto_element f32 = { SMALTO_ELEMENT_FLOAT, 32, 1 };
    const smalto_value *image = run->input(run->context, smalto_text("image"), 0);
    smalto_managed_tensor *result = NULL;
    smalto_value output = { 0 };
    smalto_status status;
    const float *from;
    float *to;
    int64_t row, rows, pixels, at;

    if (image == NULL || image->type != SMALTO_TYPE_TENSOR || image->tensor->rank != 4) {
        run->set_error(run->context, smalto_text("image"), smalto_text("there is no picture"), smalto_text("wire one to it"));
        return SMALTO_INVALID_INPUT;
    }
    status = run->alloc_tensor(run->context, f32, 4, image->tensor->shape, &result);
    if (status != SMALTO_OK) {
        run->set_error(run->context, smalto_text(""), smalto_text("there is no room for the result"),
                       smalto_text("work on smaller pictures"));
        return status;
    }
    from = (const float *)((const char *)image->tensor->data + image->tensor->byte_offset);
    to = (float *)((char *)result->tensor.data + result->tensor.byte_offset);
    rows = image->tensor->shape[0] * image->tensor->shape[1];
    pixels = image->tensor->shape[2];
    for (row = 0; row < rows; row++) {
        /* What was allocated and is not handed over goes by itself. */
        if (run->progress(run->context, (uint64_t)row, (uint64_t)rows, smalto_text("")) == SMALTO_CANCELLED) {
            return SMALTO_CANCELLED;
        }
        for (at = 0; at < pixels * 3; at++) {
            to[at] = inverted(from + at / 3 * 3, (int)(at % 3), node == &only_brightness);
        }
        from += pixels * 3;
        to += pixels * 3;
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
static const smalto_param keep_hue = {
    sizeof(smalto_param), SMALTO_PARAM_BOOL, 0, 0, SMALTO_STR("keep_hue"),
    SMALTO_STR("Whether colours keep their hue, and only light and dark change places."),
    SMALTO_STR(""), &no, 0, 0, 0, 0, NULL
};
static const smalto_param *const params[] = { &keep_hue };

static const smalto_node invert = {
    sizeof(smalto_node), 1, SMALTO_NODE_PURE | SMALTO_NODE_REENTRANT, 1, 1, 1,
    SMALTO_STR("example.invert"), SMALTO_STR("Invert"), SMALTO_STR("Turns the colours of pictures around."),
    inputs, outputs, params, create, NULL, run, NULL
};
static const smalto_node *const nodes[] = { &invert };

static const smalto_plugin plugin = {
    sizeof(smalto_plugin), SMALTO_ABI_MAJOR, SMALTO_ABI_MINOR,
    SMALTO_STR("org.smalto.invert"), SMALTO_STR("Invert"), SMALTO_STR("1.0.0"), SMALTO_STR("MIT OR Apache-2.0"),
    1, nodes, NULL, NULL, NULL
};

const smalto_plugin *smalto_plugin_entry_v1(uint16_t host_minor) {
    (void)host_minor;
    return &plugin;
}
