// How XLA calls a kernel: the frames of its C interface turned into the arguments of a function. XLA has a header for
// C++ that does this and more, but the compiler takes longer over it than over all that is here.
#pragma once

#include <cstdint>
#include <cstring>
#include <tuple>
#include <utility>

#include "xla/ffi/api/c_api.h"

namespace hornbeam {

template <typename T>
struct Span {
  const T* at;
  int64_t count;
  const T& operator[](int64_t i) const { return at[i]; }
  const T* begin() const { return at; }
  const T* end() const { return at + count; }
  const T& Last() const { return at[count - 1]; }
};
using Numbers = Span<int64_t>;

template <typename T>
struct Buffer {
  T* data;
  Numbers shape;
  int64_t Size() const {
    int64_t size = 1;
    for (int64_t n : shape) size *= n;
    return size;
  }
};
using Floats = Buffer<const float>;
using FloatsOut = Buffer<float>;

// Arguments, or results, from one on, whose number and types depend on the attributes.
struct Arguments {
  void* const* all;
  int64_t count;
  const XLA_FFI_Buffer& operator[](int64_t i) const { return *static_cast<const XLA_FFI_Buffer*>(all[i]); }
};
struct Results : Arguments {};

// XLA's threads.
class Pool {
 public:
  explicit Pool(const XLA_FFI_CallFrame* frame) : api_(frame->api), ctx_(frame->ctx) {}

  int64_t Threads() const {
    int64_t count = 1;
    XLA_FFI_ThreadPool_NumThreads_Args args = {XLA_FFI_ThreadPool_NumThreads_Args_STRUCT_SIZE, nullptr, ctx_, &count};
    Forget(api_->XLA_FFI_ThreadPool_NumThreads(&args));
    return count > 1 ? count : 1;
  }

  template <typename Task>
  void Schedule(Task task) const {
    const auto run = [](void* data) {
      auto* kept = static_cast<Task*>(data);
      (*kept)();
      delete kept;
    };
    auto* kept = new Task(std::move(task));
    XLA_FFI_ThreadPool_Schedule_Args args = {XLA_FFI_ThreadPool_Schedule_Args_STRUCT_SIZE, nullptr, ctx_, run, kept};
    if (Forget(api_->XLA_FFI_ThreadPool_Schedule(&args))) run(kept);
  }

 private:
  // Returns whether there was an error.
  bool Forget(XLA_FFI_Error* error) const {
    if (!error) return false;
    XLA_FFI_Error_Destroy_Args args = {XLA_FFI_Error_Destroy_Args_STRUCT_SIZE, nullptr, error};
    api_->XLA_FFI_Error_Destroy(&args);
    return true;
  }

  const XLA_FFI_Api* api_;
  XLA_FFI_ExecutionContext* ctx_;
};

// Reads a frame from its beginning: each kind of parameter takes the next of its own.
struct Reader {
  const XLA_FFI_CallFrame* frame;
  const char* names;  // of the attributes, a blank between them
  int64_t arguments = 0, results = 0;
  bool fits = true;

  void Read(Floats& to) {
    if ((fits = fits && arguments < frame->args.size)) Fill(frame->args.args[arguments++], to);
  }
  void Read(FloatsOut& to) {
    if ((fits = fits && results < frame->rets.size)) Fill(frame->rets.rets[results++], to);
  }
  void Read(Arguments& to) {
    to = {frame->args.args + arguments, frame->args.size - arguments};
    arguments = frame->args.size;
  }
  void Read(Results& to) {
    to = {{frame->rets.rets + results, frame->rets.size - results}};
    results = frame->rets.size;
  }
  void Read(Numbers& to) { ReadLine(XLA_FFI_DataType_S64, to); }
  void Read(Span<float>& to) { ReadLine(XLA_FFI_DataType_F32, to); }
  void Read(int64_t& to) { ReadOne(XLA_FFI_DataType_S64, to); }
  void Read(float& to) { ReadOne(XLA_FFI_DataType_F32, to); }
  void Read(bool& to) { ReadOne(XLA_FFI_DataType_PRED, to); }

  bool Done() const { return fits && arguments == frame->args.size && results == frame->rets.size; }

 private:
  template <typename T>
  void Fill(const void* given, Buffer<T>& to) {
    const auto* buffer = static_cast<const XLA_FFI_Buffer*>(given);
    fits = buffer->dtype == XLA_FFI_DataType_F32;
    to = {static_cast<T*>(buffer->data), {buffer->dims, buffer->rank}};
  }

  const void* Attribute(XLA_FFI_AttrType type) {
    const char* name = names;
    const size_t length = std::strcspn(name, " ");
    names += length + (name[length] == ' ');
    for (int64_t i = 0; i < frame->attrs.size; ++i) {
      const XLA_FFI_ByteSpan& found = *frame->attrs.names[i];
      if (found.len == length && !std::memcmp(found.ptr, name, length) && frame->attrs.types[i] == type)
        return frame->attrs.attrs[i];
    }
    fits = false;
    return nullptr;
  }

  template <typename T>
  void ReadLine(XLA_FFI_DataType type, Span<T>& to) {
    const auto* line = static_cast<const XLA_FFI_Array*>(Attribute(XLA_FFI_AttrType_ARRAY));
    if ((fits = fits && line->dtype == type)) to = {static_cast<const T*>(line->data), int64_t(line->size)};
  }

  template <typename T>
  void ReadOne(XLA_FFI_DataType type, T& to) {
    const auto* one = static_cast<const XLA_FFI_Scalar*>(Attribute(XLA_FFI_AttrType_SCALAR));
    if ((fits = fits && one->dtype == type)) to = *static_cast<const T*>(one->value);
  }
};

template <typename... Parameters>
XLA_FFI_Error* Run(XLA_FFI_CallFrame* frame, void (*kernel)(Pool, Parameters...), const char* names) {
  if (frame->extension_start && frame->extension_start->type == XLA_FFI_Extension_Metadata) {  // asked what it is
    auto* metadata = reinterpret_cast<XLA_FFI_Metadata_Extension*>(frame->extension_start)->metadata;
    metadata->api_version = {XLA_FFI_Api_Version_STRUCT_SIZE, nullptr, XLA_FFI_API_MAJOR, XLA_FFI_API_MINOR};
    metadata->traits = 0;
    metadata->state_type_id = XLA_FFI_UNKNOWN_TYPE_ID;
    return nullptr;
  }
  std::tuple<Parameters...> given{};
  Reader reader = {frame, names};
  std::apply([&](auto&... each) { (reader.Read(each), ...); }, given);
  if (reader.Done()) {
    std::apply([&](const auto&... each) { kernel(Pool(frame), each...); }, given);
    return nullptr;
  }
  XLA_FFI_Error_Create_Args error = {XLA_FFI_Error_Create_Args_STRUCT_SIZE, nullptr,
                                     "a kernel was not called with what it takes", XLA_FFI_Error_Code_INVALID_ARGUMENT};
  return frame->api->XLA_FFI_Error_Create(&error);
}

}  // namespace hornbeam

// Makes a function known under `name`; its attributes' names come in the order of its parameters, in one string.
#define HORNBEAM_KERNEL(name, function, attributes)              \
  extern "C" XLA_FFI_Error* name(XLA_FFI_CallFrame* frame) {     \
    return hornbeam::Run(frame, hornbeam::function, attributes); \
  }
