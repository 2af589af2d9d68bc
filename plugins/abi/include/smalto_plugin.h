/* SPDX-License-Identifier: MIT OR Apache-2.0 */
//! A plugin is a native library that brings nodes of its own to Smalto.
//! This header is all that it needs: the authority on the boundary between the two, and its manual.
//! It compiles as C99, C11 and C++17, and needs nothing but the standard headers below.
//!
//! ## Life of a plugin
//!
//! 1. The host reads `plugin.toml`, which lies beside the library, and asks the user whether the library is trusted.
//! 2. It loads the library and calls `smalto_plugin_entry_v1`, the only symbol that it looks for.
//!    It reads the tables that the answer points at, and refuses the plugin whole where one breaks a rule below.
//! 3. `init`, once.
//! 4. For each node of a workflow: `create`, then any number of times `infer` and `run`, then `destroy`.
//! 5. `deinit`, once, where the process ends in order. The library is never unloaded before that.
//!
//! A host may run the plugin in its own process, or in a worker process that it starts for this plugin alone.
//! The plugin cannot tell, and need not: the functions and the rules are the same.
//! A worker that crashes takes the node with it and nothing else, and one that does not come back
//! within 5 seconds after its run was cancelled is killed.
//!
//! ## Rules that hold everywhere
//!
//! **Versions.** The major version stands in the name of the entry.
//! Within a major version structures only grow: new fields are appended, and none changes its place or its meaning.
//! Every structure that may grow begins with `struct_size`, the size that its maker knows.
//! Whoever reads one reads no further than that, and takes what lies behind it for zero: see `SMALTO_HAS`.
//! The host refuses a structure of a plugin that is smaller than that of version 1.0, or larger than `SMALTO_STRUCT_SIZE_MAX`.
//! Structures without `struct_size` never change.
//!
//! **Names.** Kinds, ports and parameters go by name, never by position.
//! A name is for ever: files hold it. Names of ports and parameters of one node are different from each other.
//! They consist of lower-case letters, digits and `_`, and begin with a letter.
//! Kinds of nodes have two or more such names with dots between them: `acme.blur`.
//! What stands before the first dot is the group in the palette.
//!
//! **Text** is UTF-8 with a length, without a zero at its end, and lives as long as its owner says.
//!
//! **Memory.** What one side allocates the other side frees through the function that came with it, and in no other way.
//! Whatever else a plugin gives to a function of the host is copied before that returns.
//!
//! **Errors.** A function that can fail answers with a status.
//! Before a plugin answers with anything but `SMALTO_OK` or `SMALTO_CANCELLED` it calls `set_error`, so that the user learns what to do.
//!
//! **Unwinding.** No exception and no panic crosses the boundary in either direction.
//!
//! **Wire values.** These kinds have a form at the boundary; every number in a tensor is in the byte order of the machine.
//!
//! | kind | type | form | sizes |
//! |---|---|---|---|
//! | `text` | `SMALTO_TYPE_TEXT` | UTF-8 | |
//! | `number` | `SMALTO_TYPE_FLOAT` | finite | |
//! | `image` | `SMALTO_TYPE_TENSOR` | f32 `[batch, height, width, 3]`: red, green, blue, sRGB, 0 to 1 | |
//! | `mask` | `SMALTO_TYPE_TENSOR` | u8 `[1, height, width]`: 1 is painted anew, 0 is kept | |
//! | `tokens` | `SMALTO_TYPE_TENSOR` | i32 `[batch, rows, columns]`: a code below `codebook`, or -1 where nothing is laid yet | `codebook` |
//! | `policy` | `SMALTO_TYPE_OBJECT` | what `smalto.policy/1` works on; of outputs alone | |
//!
//! Any other kind is the plugin's own: its name begins with the id of the plugin and a dot, its values are objects,
//! and only nodes of the same plugin can take them.
//! Logits stay with the host in ABI 1.
//!
//! **Tensors** are those of DLPack 1: `smalto_tensor` is its `DLTensor`, `smalto_managed_tensor` its `DLManagedTensorVersioned`,
//! field by field, so that a pointer to the one can be cast to a pointer to the other.
//! Inputs are contiguous, with `strides` null.
//! Outputs are contiguous too, and their `strides` are null or say so.
//! All tensors of a run lie where `device` of `smalto_run` says: in the memory of the processor, or in that of a card.
//!
//! **Cards.** A run is on an NVIDIA card where three things meet: the node is `SMALTO_NODE_CUDA`, the plugin runs in the
//! host's own process, and the host computes on that card. Everywhere else it is on the processor, which every node serves.
//!
//! - `data` is an address on the card. Only work on the card may follow it, and inputs must not be written there either.
//! - The primary context of the card is current on the thread that calls `run`; other threads make it theirs themselves.
//! - Work goes on `stream`, behind which the inputs are ready, and in front of which nothing uses the outputs.
//!   `run` returns once all of it is queued, and does not wait for it: addresses stay good until it is through.
//! - Work on a stream of the plugin's own waits for an event of `stream` first, and in the end `stream` waits for an event of it.
//! - Nobody waits for the card as a whole, or works on its default stream, which waits for others.
//! - Memory of the plugin's own on the card may be handed to `output` too: the host copies it on `stream`,
//!   waits until that is done, and then calls `deleter`.
//! - The host does not look at the numbers of pictures there. Those of other kinds are checked as ever.
//! - A kernel that does wrong takes the program with it, as every other code in its process.
//!
//! **Tags** end the description of each function:
//!
//! | tag | meaning |
//! |---|---|
//! | `[any thread]` | may be called from any thread, also from several at once |
//! | `[one thread at a time]` | calls for one object or node never overlap, but may come from different threads |
//! | `[owner: host]`, `[owner: plugin]` | who frees what was handed over |
//! | `[valid until ...]` | how long what was handed over can be used |
//! | `[may be null]` | the pointer may be null |
//! | `[must not unwind]` | no exception and no panic may leave it |

#ifndef SMALTO_PLUGIN_H
#define SMALTO_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

//! ## Versions

/// The major version of this header, as in the name of the entry.
#define SMALTO_ABI_MAJOR 1
/// The minor version of this header: it rises when something is appended.
#define SMALTO_ABI_MINOR 1
/// The largest `struct_size` that a host believes.
#define SMALTO_STRUCT_SIZE_MAX 65536
/// The most nodes that a plugin may have, and the most ports, parameters or choices that a node may have of each sort.
#define SMALTO_COUNT_MAX 65536

/// Whether the structure that `pointer` points at is large enough to hold `field` of the structure `type`.
///
/// Ask before reading a field that was appended after version 1.0.
#define SMALTO_HAS(pointer, type, field) \
    (offsetof(type, field) + sizeof(((type *)0)->field) <= (size_t)(pointer)->struct_size)

/// Stands before the definition of the entry, so that the library exports it.
#if !defined(_WIN32)
#define SMALTO_EXPORT __attribute__((visibility("default")))
#else
#define SMALTO_EXPORT __declspec(dllexport)
#endif

//! ## Text and status

/// A text.
typedef struct smalto_str {
    /// UTF-8, without a zero at its end. `[may be null]` where `length` is 0.
    const char *data;
    /// Bytes, not letters.
    size_t length;
} smalto_str;

/// A constant text, for tables that are made when the program is compiled.
#define SMALTO_STR(literal) { literal, sizeof(literal) - 1 }

/// How a call ended.
typedef int32_t smalto_status;
enum {
    /// It did what it should.
    SMALTO_OK = 0,
    /// It failed for a reason that `set_error` tells.
    SMALTO_FAILED = 1,
    /// An input or a parameter does not fit; `set_error` names it.
    SMALTO_INVALID_INPUT = 2,
    /// The run was cancelled.
    SMALTO_CANCELLED = 3,
    /// The memory of the processor does not suffice.
    SMALTO_OUT_OF_HOST_MEMORY = 4,
    /// The memory of the card does not suffice.
    SMALTO_OUT_OF_DEVICE_MEMORY = 5,
    /// The plugin panicked and caught it; its own state may be broken.
    SMALTO_PANIC = 6,
    /// The other side does not know how to do that.
    SMALTO_UNSUPPORTED = 7
};

//! ## Tensors

/// Where the bytes of a tensor lie.
typedef struct smalto_device {
    /// One of `SMALTO_DEVICE_...`; the numbers are those of DLPack.
    int32_t type;
    /// Which of several.
    int32_t index;
} smalto_device;
enum {
    /// The memory of the processor.
    SMALTO_DEVICE_CPU = 1,
    /// The memory of an NVIDIA card.
    SMALTO_DEVICE_CUDA = 2
};

/// What one number of a tensor is.
typedef struct smalto_element {
    /// One of `SMALTO_ELEMENT_...`; the numbers are those of DLPack.
    uint8_t code;
    /// Bits of one number.
    uint8_t bits;
    /// Always 1.
    uint16_t lanes;
} smalto_element;
enum {
    /// A whole number.
    SMALTO_ELEMENT_INT = 0,
    /// A whole number of at least 0.
    SMALTO_ELEMENT_UINT = 1,
    /// A floating-point number.
    SMALTO_ELEMENT_FLOAT = 2
};

/// A tensor that belongs to somebody else: DLPack's `DLTensor`.
typedef struct smalto_tensor {
    /// The first byte of the allocation. `[may be null]` where the tensor holds no number, and in `infer`.
    void *data;
    /// Where `data` lies.
    smalto_device device;
    /// How many dimensions there are.
    int32_t rank;
    /// What one number is.
    smalto_element element;
    /// `rank` sizes. `[may be null]` where `rank` is 0.
    int64_t *shape;
    /// How many numbers lie between neighbours of each dimension. `[may be null]` where the tensor is contiguous.
    int64_t *strides;
    /// How many bytes behind `data` the first number lies.
    uint64_t byte_offset;
} smalto_tensor;

/// A tensor that changes hands: DLPack's `DLManagedTensorVersioned`.
typedef struct smalto_managed_tensor {
    /// The major version of DLPack, 1. Where it is another, nothing but `deleter` may be used.
    uint32_t dlpack_major;
    /// The minor version of DLPack.
    uint32_t dlpack_minor;
    /// Whatever `deleter` needs. `[may be null]`
    void *context;
    /// Frees the tensor, its numbers and this structure.
    ///
    /// `[any thread]` `[may be null]` `[must not unwind]`
    void (*deleter)(struct smalto_managed_tensor *self);
    /// `SMALTO_TENSOR_...`, any of them.
    uint64_t flags;
    /// The tensor itself.
    smalto_tensor tensor;
} smalto_managed_tensor;
enum {
    /// The numbers must not be written.
    SMALTO_TENSOR_READ_ONLY = 1,
    /// Nobody else sees the numbers.
    SMALTO_TENSOR_COPIED = 2
};

//! ## Values

/// A size that belongs to a value, like the `codebook` of tokens.
typedef struct smalto_size {
    /// What is counted.
    smalto_str name;
    /// How many there are.
    uint64_t count;
} smalto_size;

/// Something of the plugin's own that travels on a wire, like a policy.
///
/// The host counts who needs it and calls `release` once, when nobody does any more.
typedef struct smalto_object {
    /// `sizeof(smalto_object)`.
    uint32_t struct_size;
    /// What the plugin knows it by. `[may be null]`
    void *data;
    /// Frees `data`.
    ///
    /// `[any thread]` `[may be null]` `[must not unwind]`
    void (*release)(void *data);
} smalto_object;

/// What a `smalto_value` holds.
enum {
    /// Nothing.
    SMALTO_TYPE_NONE = 0,
    /// `integer`, 0 or 1.
    SMALTO_TYPE_BOOL = 1,
    /// `integer`.
    SMALTO_TYPE_INT = 2,
    /// `number`.
    SMALTO_TYPE_FLOAT = 3,
    /// `text`.
    SMALTO_TYPE_TEXT = 4,
    /// `tensor` where it is lent, `managed` where it is handed over.
    SMALTO_TYPE_TENSOR = 5,
    /// `object`.
    SMALTO_TYPE_OBJECT = 6
};

/// A value of a parameter or on a wire.
typedef struct smalto_value {
    /// `sizeof(smalto_value)`.
    uint32_t struct_size;
    /// One of `SMALTO_TYPE_...`, which says which of the fields below counts.
    uint32_t type;
    /// A whole number, or a truth.
    int64_t integer;
    /// Any number.
    double number;
    /// A text.
    smalto_str text;
    /// A tensor that is lent and must not be written. `[may be null]`
    const smalto_tensor *tensor;
    /// A tensor that is handed over. `[may be null]`
    smalto_managed_tensor *managed;
    /// An object. `[may be null]`
    const smalto_object *object;
    /// Sizes that the kind of the value asks for: see the table of kinds. `[may be null]` where `size_count` is 0.
    const smalto_size *sizes;
    /// How many sizes there are.
    size_t size_count;
} smalto_value;

//! ## What the host offers
//!
//! The first parameter of each function is the `context` of the structure that it stands in.
//! A plugin finds all of these functions in place; fields that are appended later may be null.

/// The host, for as long as the process lives.
typedef struct smalto_host {
    /// `sizeof(smalto_host)`, as the host knows it.
    uint32_t struct_size;
    /// The minor version that the host serves.
    uint32_t abi_minor;
    /// The first parameter of the functions below. `[may be null]`
    void *context;
    /// The program that the plugin runs in, for the log.
    smalto_str program;
    /// The version of that program.
    smalto_str version;
    /// Writes one line to the log; `level` is one of `SMALTO_LOG_...`.
    ///
    /// `[any thread]` `[must not unwind]`
    void (*log)(void *context, uint32_t level, smalto_str line);
    /// The table of an extension that the host offers, or null where it does not. ABI 1.0 has none.
    ///
    /// `[any thread]` `[may be null]` `[owner: host]` `[valid until the process ends]` `[must not unwind]`
    const void *(*get_extension)(void *context, smalto_str id);
} smalto_host;
enum {
    /// Something that does not work.
    SMALTO_LOG_ERROR = 1,
    /// Something odd that stops nothing.
    SMALTO_LOG_WARNING = 2,
    /// A figure that may be of use.
    SMALTO_LOG_INFO = 3,
    /// Something for whoever writes the plugin.
    SMALTO_LOG_DEBUG = 4
};

/// What `create` may use.
typedef struct smalto_create {
    /// `sizeof(smalto_create)`, as the host knows it.
    uint32_t struct_size;
    /// The first parameter of the functions below. `[may be null]`
    void *context;
    /// The host.
    const smalto_host *host;
    /// What `init` left. `[may be null]`
    void *plugin;
    /// The value of a parameter, or null where the node has no such parameter.
    ///
    /// Every parameter has a value that its description allows: what was set, or the default.
    /// A choice comes as the text of its name, a path as the text that stands in the workflow, a seed as a whole number.
    ///
    /// `[one thread at a time]` `[may be null]` `[owner: host]` `[valid until create returns]` `[must not unwind]`
    const smalto_value *(*param)(void *context, smalto_str key);
    /// Says what is wrong: the parameter at fault or nothing, the problem, and how to mend it.
    ///
    /// `[one thread at a time]` `[must not unwind]`
    void (*set_error)(void *context, smalto_str where, smalto_str problem, smalto_str hint);
} smalto_create;

/// What `infer` may use.
typedef struct smalto_infer {
    /// `sizeof(smalto_infer)`, as the host knows it.
    uint32_t struct_size;
    /// The first parameter of the functions below. `[may be null]`
    void *context;
    /// The value at an input, or null where nothing is wired or `index` is past the last wire.
    /// Tensors have a shape and no `data`.
    ///
    /// `[one thread at a time]` `[may be null]` `[owner: host]` `[valid until infer returns]` `[must not unwind]`
    const smalto_value *(*input)(void *context, smalto_str key, size_t index);
    /// Promises the shape of the tensor at an output. The host holds `run` to it.
    ///
    /// `[one thread at a time]` `[must not unwind]`
    smalto_status (*promise)(void *context, smalto_str key, smalto_element element, int32_t rank, const int64_t *shape);
    /// Says what is wrong: the input at fault or nothing, the problem, and how to mend it.
    ///
    /// `[one thread at a time]` `[must not unwind]`
    void (*set_error)(void *context, smalto_str where, smalto_str problem, smalto_str hint);
} smalto_infer;

/// What `run` may use.
typedef struct smalto_run {
    /// `sizeof(smalto_run)`, as the host knows it.
    uint32_t struct_size;
    /// The first parameter of the functions below. `[may be null]`
    void *context;
    /// The host.
    const smalto_host *host;
    /// Where tensors of inputs and outputs lie: the processor, unless the node is `SMALTO_NODE_CUDA`.
    smalto_device device;
    /// The `CUstream` to put work on, where `device` is a card. Never wait for the card as a whole. `[may be null]`
    void *stream;
    /// The value at an input, or null where nothing is wired or `index` is past the last wire.
    ///
    /// `[any thread]` `[may be null]` `[owner: host]` `[valid until run returns]` `[must not unwind]`
    const smalto_value *(*input)(void *context, smalto_str key, size_t index);
    /// Makes room for the tensor of an output: zeros, contiguous, on `device`.
    ///
    /// Hand it to `output`. What is never handed over is gone when `run` returns.
    ///
    /// `[any thread]` `[owner: host]` `[valid until run returns]` `[must not unwind]`
    smalto_status (*alloc_tensor)(void *context, smalto_element element, int32_t rank, const int64_t *shape,
                                  smalto_managed_tensor **tensor);
    /// Lays a value at an output; every output wants exactly one.
    ///
    /// `managed` and the `data` of an object are the host's from here on, whatever the status is:
    /// it calls `deleter` and `release` when it has done with them.
    ///
    /// `[any thread]` `[owner: host]` `[must not unwind]`
    smalto_status (*output)(void *context, smalto_str key, const smalto_value *value);
    /// Says that `done` of `total` steps are done, with a few words or none.
    /// Answers `SMALTO_CANCELLED` once the run was cancelled: then free what is yours and return that.
    ///
    /// `[any thread]` `[must not unwind]`
    smalto_status (*progress)(void *context, uint64_t done, uint64_t total, smalto_str note);
    /// Whether the run was cancelled: 0 or 1. Cheap; ask at least ten times a second.
    ///
    /// `[any thread]` `[must not unwind]`
    int32_t (*cancelled)(void *context);
    /// Shows what the result looks like so far: a lent `image`, `tokens` or `text`. The host may drop it.
    ///
    /// `[any thread]` `[must not unwind]`
    smalto_status (*preview)(void *context, smalto_str kind, const smalto_value *value);
    /// Fills `numbers` with `count` numbers strictly between 0 and 1.
    ///
    /// They depend on the other parameters alone: `seed` is that of the node's seed parameter,
    /// `stream` tells the purposes within a node apart, `sample` the pictures of a batch, `step` the rounds.
    /// A node takes chance from nowhere else, so that the same seed gives the same result on every machine.
    /// The generator is Philox 4x32 with ten rounds: key (low, high half of `seed`),
    /// counter (i / 4, `step`, `sample`, `stream`) for number i; its word w = i % 4 becomes (floor(w / 512) + 1/2) / 2^23.
    ///
    /// `[any thread]` `[must not unwind]`
    smalto_status (*random)(void *context, uint64_t seed, uint32_t stream, uint32_t sample, uint32_t step,
                            float *numbers, size_t count);
    /// Memory of the processor that is gone when `run` returns, or null where there is none left. `alignment` is a power of two.
    ///
    /// `[any thread]` `[may be null]` `[owner: host]` `[valid until run returns]` `[must not unwind]`
    void *(*scratch)(void *context, size_t bytes, size_t alignment);
    /// Where the file of a path parameter lies: paths in workflows are relative to the workflow's folder.
    ///
    /// `[any thread]` `[owner: host]` `[valid until run returns]` `[must not unwind]`
    smalto_status (*resolve)(void *context, smalto_str path, smalto_str *absolute);
    /// Says what is wrong: the port or parameter at fault or nothing, the problem, and how to mend it.
    ///
    /// `[any thread]` `[must not unwind]`
    void (*set_error)(void *context, smalto_str where, smalto_str problem, smalto_str hint);
} smalto_run;

//! ## What a plugin describes
//!
//! All of it is constant and lives until the process ends.

/// A port: where a wire begins or ends.
typedef struct smalto_port {
    /// `sizeof(smalto_port)`.
    uint32_t struct_size;
    /// `SMALTO_PORT_...`, any of them.
    uint32_t flags;
    /// The name, as in files.
    smalto_str key;
    /// The kind of what passes: see the table of kinds.
    smalto_str kind;
    /// What passes, in a sentence or two.
    smalto_str doc;
} smalto_port;
enum {
    /// An input that may be left unwired; otherwise it takes exactly one wire.
    SMALTO_PORT_OPTIONAL = 1,
    /// An input that takes any number of wires, in order.
    SMALTO_PORT_VARIADIC = 2
};

/// One name of a choice.
typedef struct smalto_choice {
    /// `sizeof(smalto_choice)`.
    uint32_t struct_size;
    /// The name, as in files.
    smalto_str name;
    /// What it means.
    smalto_str doc;
} smalto_choice;

/// What a parameter may hold.
enum {
    /// Yes or no.
    SMALTO_PARAM_BOOL = 1,
    /// A whole number from `int_min` to `int_max`.
    SMALTO_PARAM_INT = 2,
    /// A finite number from `float_min` to `float_max`.
    SMALTO_PARAM_FLOAT = 3,
    /// A text.
    SMALTO_PARAM_TEXT = 4,
    /// One of `choices`.
    SMALTO_PARAM_CHOICE = 5,
    /// A file or folder, with `/`.
    SMALTO_PARAM_PATH = 6,
    /// The seed of `random`, at least 0.
    SMALTO_PARAM_SEED = 7
};

/// A parameter: what the user sets on a node.
typedef struct smalto_param {
    /// `sizeof(smalto_param)`.
    uint32_t struct_size;
    /// One of `SMALTO_PARAM_...`.
    uint32_t type;
    /// `SMALTO_PARAM_FLAG_...`, any of them.
    uint32_t flags;
    /// How many choices there are.
    uint32_t choice_count;
    /// The name, as in files.
    smalto_str key;
    /// What it is for, in a sentence or two.
    smalto_str doc;
    /// The unit of the number, or nothing.
    smalto_str unit;
    /// What it holds unless set, within the range. `[may be null]` where it must be set.
    const smalto_value *default_value;
    /// The smallest whole number allowed.
    int64_t int_min;
    /// The largest whole number allowed.
    int64_t int_max;
    /// The smallest number allowed.
    double float_min;
    /// The largest number allowed.
    double float_max;
    /// The choices. `[may be null]` where there are none.
    const smalto_choice *const *choices;
} smalto_param;
enum {
    /// A text that may span several lines.
    SMALTO_PARAM_FLAG_MULTILINE = 1,
    /// A path that is written; one without this flag is read, and its content is part of what the result depends on.
    SMALTO_PARAM_FLAG_WRITTEN = 2
};

/// A kind of node.
typedef struct smalto_node {
    /// `sizeof(smalto_node)`.
    uint32_t struct_size;
    /// Rises whenever the same parameters and inputs give another result, or parameters change their meaning; at least 1.
    uint32_t version;
    /// `SMALTO_NODE_...`, any of them.
    uint32_t flags;
    /// How many inputs there are.
    uint32_t input_count;
    /// How many outputs there are.
    uint32_t output_count;
    /// How many parameters there are.
    uint32_t param_count;
    /// The name in files: `acme.blur`.
    smalto_str kind;
    /// The name in words: `Blur`.
    smalto_str title;
    /// What the node does, the first sentence saying what it is for.
    smalto_str doc;
    /// What comes in. `[may be null]` where nothing does.
    const smalto_port *const *inputs;
    /// What goes out. `[may be null]` where nothing does.
    const smalto_port *const *outputs;
    /// What can be set. `[may be null]` where nothing can.
    const smalto_param *const *params;
    /// Makes a node with the parameters that `create` gives. Cheap: it opens no file and computes nothing.
    ///
    /// What it leaves in `node` is the plugin's; it may be null. Where it fails nothing is left.
    ///
    /// `[any thread]` `[owner: plugin]` `[valid until destroy]` `[must not unwind]`
    smalto_status (*create)(const smalto_create *create, void **node);
    /// Says from the shapes of the inputs what the shapes of the outputs will be, or that the inputs do not fit.
    ///
    /// `[one thread at a time]` `[may be null]` `[must not unwind]`
    smalto_status (*infer)(void *node, const smalto_infer *infer);
    /// Does the work: the inputs and parameters to the outputs, and nothing else unless the flags say so.
    ///
    /// Nodes of a plugin run one after the other, unless `SMALTO_NODE_REENTRANT` is set for both.
    ///
    /// `[one thread at a time]` `[must not unwind]`
    smalto_status (*run)(void *node, const smalto_run *run);
    /// Frees what `create` left.
    ///
    /// `[any thread]` `[may be null]` `[must not unwind]`
    void (*destroy)(void *node);
} smalto_node;
enum {
    /// The outputs depend on the parameters and inputs alone: they can be remembered. Without it the node runs every time.
    SMALTO_NODE_PURE = 1,
    /// It uses `random`, and has a parameter of type `SMALTO_PARAM_SEED`.
    SMALTO_NODE_SEEDED = 2,
    /// It reads the files of its path parameters, and no others: their content counts with the parameters.
    SMALTO_NODE_READS_FILES = 4,
    /// It changes something outside, like a file: it runs every time, also where nobody needs its outputs.
    SMALTO_NODE_SIDE_EFFECT = 8,
    /// Several nodes of this kind may run at the same time.
    SMALTO_NODE_REENTRANT = 16,
    /// It is kept for old workflows alone.
    SMALTO_NODE_DEPRECATED = 32,
    /// It also takes and gives tensors on an NVIDIA card, where `device` of `smalto_run` is one. Since ABI 1.1; a host
    /// of 1.0 runs it on the processor.
    SMALTO_NODE_CUDA = 64
};

/// A plugin.
typedef struct smalto_plugin {
    /// `sizeof(smalto_plugin)`.
    uint32_t struct_size;
    /// `SMALTO_ABI_MAJOR` of the header that it was compiled with.
    uint16_t abi_major;
    /// `SMALTO_ABI_MINOR` of the header that it was compiled with.
    uint16_t abi_minor;
    /// The name for ever, in reverse domain order: `org.acme.blur`.
    smalto_str id;
    /// The name in words.
    smalto_str name;
    /// Its own version: `MAJOR.MINOR.PATCH`.
    smalto_str version;
    /// The licence, as an SPDX expression, or nothing.
    smalto_str licence;
    /// How many kinds of node it brings.
    uint32_t node_count;
    /// The kinds of node. `[may be null]` where there are none.
    const smalto_node *const *nodes;
    /// Gets ready, in little time and without touching a card. What it leaves in `plugin` is the plugin's.
    ///
    /// Called once, before any other function of the plugin, and never where it is only looked at.
    ///
    /// `[one thread at a time]` `[may be null]` `[owner: plugin]` `[valid until deinit]` `[must not unwind]`
    smalto_status (*init)(const smalto_host *host, void **plugin);
    /// Frees what `init` left. Called last, where the process ends in order; not called where it does not.
    ///
    /// `[one thread at a time]` `[may be null]` `[must not unwind]`
    void (*deinit)(void *plugin);
    /// The table of an extension that the plugin offers, or null where it does not know the id.
    ///
    /// `[any thread]` `[may be null]` `[owner: plugin]` `[valid until the process ends]` `[must not unwind]`
    const void *(*get_extension)(smalto_str id);
} smalto_plugin;

/// The only symbol that a plugin exports.
///
/// `host_minor` is the minor version that the host serves.
/// Null means that the plugin cannot serve this host, because it needs a later one.
/// It only hands out constant tables: no file is opened and no thread started here.
///
/// `[any thread]` `[may be null]` `[owner: plugin]` `[valid until the process ends]` `[must not unwind]`
SMALTO_EXPORT const smalto_plugin *smalto_plugin_entry_v1(uint16_t host_minor);

//! ## Extensions
//!
//! An extension is a table of functions that goes by a name with a revision.
//! A revision never changes but for what is appended; what cannot be appended is another revision.
//! The host asks `get_extension` of the plugin for each table that it knows.

/// The id of `smalto_policy`.
#define SMALTO_POLICY "smalto.policy/1"
/// The id of `smalto_migrate`.
#define SMALTO_MIGRATE "smalto.migrate/1"
/// The id of `smalto_preview`.
#define SMALTO_PREVIEW "smalto.preview/1"

/// One question to a policy: which positions of a picture are laid at this step.
typedef struct smalto_policy_request {
    /// `sizeof(smalto_policy_request)`, as the host knows it.
    uint32_t struct_size;
    /// The first parameter of the functions below. `[may be null]`
    void *context;
    /// Which step it is, counted from 0.
    uint32_t step;
    /// How many steps there are.
    uint32_t steps;
    /// The number of the picture.
    uint32_t sample;
    /// Rows of tokens.
    uint32_t rows;
    /// Tokens a row.
    uint32_t columns;
    /// How many positions to lay, at most as many as are masked.
    uint32_t count;
    /// How sure the denoiser is of the token that it would lay at each position, from 0 to 1, row by row.
    ///
    /// `[owner: host]` `[valid until choose returns]`
    const float *confidences;
    /// 1 where nothing is laid yet, 0 elsewhere, row by row.
    ///
    /// `[owner: host]` `[valid until choose returns]`
    const uint8_t *masked;
    /// A number strictly between 0 and 1 for each position, drawn anew for each step and picture.
    ///
    /// `[owner: host]` `[valid until choose returns]`
    const float *random;
    /// Says what is wrong: the problem, and how to mend it.
    ///
    /// `[one thread at a time]` `[must not unwind]`
    void (*set_error)(void *context, smalto_str problem, smalto_str hint);
} smalto_policy_request;

/// `smalto.policy/1`: says in which order a sampler lays its tokens.
///
/// A node with an output of kind `policy` hands out an object; the sampler that it is wired to asks this table at every step.
typedef struct smalto_policy {
    /// `sizeof(smalto_policy)`.
    uint32_t struct_size;
    /// Writes `count` different masked positions to `positions`, each counted row by row.
    ///
    /// `policy` is the `data` of the object. The same question has the same answer: chance comes from `random` alone.
    ///
    /// `[one thread at a time]` `[must not unwind]`
    smalto_status (*choose)(void *policy, const smalto_policy_request *request, uint32_t *positions);
} smalto_policy;

/// The parameters of a node that was saved by an older version of its kind.
typedef struct smalto_migration {
    /// `sizeof(smalto_migration)`, as the host knows it.
    uint32_t struct_size;
    /// The version that saved them.
    uint32_t from_version;
    /// The first parameter of the functions below. `[may be null]`
    void *context;
    /// The kind of node.
    smalto_str kind;
    /// The name of a parameter that was saved, counted from 0, or nothing behind the last. Not while they are rewritten.
    ///
    /// `[one thread at a time]` `[owner: host]` `[valid until the next call]` `[must not unwind]`
    smalto_str (*name)(void *context, size_t index);
    /// The value of a parameter, or null where none of that name was saved.
    ///
    /// `[one thread at a time]` `[may be null]` `[owner: host]` `[valid until the next call]` `[must not unwind]`
    const smalto_value *(*get)(void *context, smalto_str key);
    /// Sets a parameter; null takes it away.
    ///
    /// `[one thread at a time]` `[must not unwind]`
    smalto_status (*set)(void *context, smalto_str key, const smalto_value *value);
} smalto_migration;

/// `smalto.migrate/1`: rewrites what older versions of the plugin's nodes saved.
typedef struct smalto_migrate {
    /// `sizeof(smalto_migrate)`.
    uint32_t struct_size;
    /// Rewrites the parameters of one node to what they are called now.
    ///
    /// `[any thread]` `[must not unwind]`
    smalto_status (*migrate)(const smalto_migration *migration);
} smalto_migrate;

/// `smalto.preview/1`: says how values of the plugin's own kinds look.
typedef struct smalto_preview {
    /// `sizeof(smalto_preview)`.
    uint32_t struct_size;
    /// Writes a few lines about an object to `text`, which has room for `capacity` bytes, and their length to `length`.
    ///
    /// Where they do not fit it writes what does, cut between two letters.
    ///
    /// `[any thread]` `[must not unwind]`
    smalto_status (*describe)(smalto_str kind, void *object, char *text, size_t capacity, size_t *length);
} smalto_preview;

//! ## Small helps

/// The text of a string with a zero at its end.
static inline smalto_str smalto_text(const char *string) {
    smalto_str text;
    text.data = string;
    text.length = strlen(string);
    return text;
}

/// Whether a text is the same as a string with a zero at its end: 0 or 1.
static inline int smalto_is(smalto_str text, const char *string) {
    size_t length = strlen(string);
    return text.length == length && (length == 0 || memcmp(text.data, string, length) == 0);
}

#ifdef __cplusplus
}
#endif

#endif
