// The loops of LSTM, GRU and SimpleRNN, and the loops back that give the gradients. The batch is split among threads:
// each takes all steps of its rows, and waits for nobody.
#include "math_tanh.h"
#include "product.h"

namespace hornbeam {
namespace {

constexpr int64_t kDeep = 256;  // lines that are added at once to the kernel's gradient
constexpr int64_t kFewRows = 4;  // fewer would leave the sums of a tile waiting for each other

inline Vector Gate(Vector squashed) { return squashed * 0.5f + 0.5f; }  // the sigmoid, whose tanh(x / 2) it is given

// The forms of cells, as `hornbeam.layers._recurrence` describes them: blocks of columns that are squashed, blocks of
// which inputs and state give separate parts, the states. `Combine` makes new states of the old. `Back` turns gradients
// of the new states into those of the old, but for what goes through the kernel, and gives those of squashed blocks and
// of separate parts.
struct Lstm {
  static constexpr int kBlocks = 4, kSeparate = 0, kStates = 2;
  static constexpr float kSlopes[] = {0.5f, 0.5f, 1.0f, 0.5f};

  static void Combine(const Vector* blocks, Vector, Vector, Vector* states) {
    states[1] = Gate(blocks[1]) * states[1] + Gate(blocks[0]) * blocks[2];
    states[0] = Gate(blocks[3]) * Tanh(states[1]);
  }

  static void Back(const Vector* blocks, Vector, Vector, const Vector* states, Vector* d, Vector* d_blocks, Vector*,
                   Vector*) {
    const Vector t = Tanh(Gate(blocks[1]) * states[1] + Gate(blocks[0]) * blocks[2]);
    const Vector dc = d[1] + d[0] * (Gate(blocks[3]) * (1.0f - t * t));
    d_blocks[0] = dc * (blocks[2] * 0.5f);
    d_blocks[1] = dc * (states[1] * 0.5f);
    d_blocks[2] = dc * Gate(blocks[0]);
    d_blocks[3] = d[0] * (t * 0.5f);
    d[0] = Vector{};
    d[1] = dc * Gate(blocks[1]);
  }
};

struct Gru {
  static constexpr int kBlocks = 2, kSeparate = 1, kStates = 1;
  static constexpr float kSlopes[] = {0.5f, 0.5f};

  static void Combine(const Vector* blocks, Vector of_inputs, Vector of_state, Vector* states) {
    const Vector z = Gate(blocks[0]), fresh = Tanh(of_inputs + Gate(blocks[1]) * of_state);
    states[0] = z * states[0] + (1.0f - z) * fresh;
  }

  static void Back(const Vector* blocks, Vector of_inputs, Vector of_state, const Vector* states, Vector* d,
                   Vector* d_blocks, Vector* d_inputs, Vector* d_state) {
    const Vector z = Gate(blocks[0]), r = Gate(blocks[1]), fresh = Tanh(of_inputs + r * of_state);
    const Vector through = (1.0f - z) * (1.0f - fresh * fresh);
    d_blocks[0] = d[0] * ((states[0] - fresh) * 0.5f);
    d_blocks[1] = d[0] * (through * of_state * 0.5f);
    *d_inputs = d[0] * through;
    *d_state = d[0] * (through * r);
    d[0] = d[0] * z;
  }
};

struct Simple {
  static constexpr int kBlocks = 1, kSeparate = 0, kStates = 1;
  static constexpr float kSlopes[] = {1.0f};

  static void Combine(const Vector* blocks, Vector, Vector, Vector* states) { states[0] = blocks[0]; }

  static void Back(const Vector*, Vector, Vector, const Vector*, Vector* d, Vector* d_blocks, Vector*, Vector*) {
    d_blocks[0] = d[0];
    d[0] = Vector{};
  }
};

template <typename Form>
constexpr int kColumns = Form::kBlocks + Form::kSeparate;

// What a step has of one row. Null are a `bias` that is not there, `squashed` and `of_state` where nothing is kept.
struct Row {
  const float *z, *inner, *bias;
  bool counts;
  float *states[2], *squashed, *of_state;
};

// What a step back has of one row. Null is `of_output` where there is no gradient of the step's output.
struct RowBack {
  const float *of_inputs, *states[2], *squashed, *of_state, *of_output;
  bool counts;
  float *d[2], *d_inner, *d_inputs;
};

// Reads and writes whole vectors, or the first numbers of one.
struct Whole {
  Vector Get(const float* at) const { return Load(at); }
  void Put(float* at, Vector v) const { Store(at, v); }
};
struct Part {
  int64_t left;
  Vector Get(const float* at) const {
    Vector v = {};
    std::memcpy(&v, at, left * 4);
    return v;
  }
  void Put(float* at, Vector v) const { std::memcpy(at, &v, left * 4); }
};

// Calls part(u, lanes) for all units, a vector of them at a time.
template <typename Call>
inline void ByVectors(int64_t units, const Call& part) {
  int64_t u = 0;
  for (; u + kWidth <= units; u += kWidth) part(u, Whole{});
  if (u < units) part(u, Part{units - u});
}

// The new states of a row whose sums of the state are `inner`. A row that does not count stays as it is.
template <typename Form>
void Step(const Row& row, int64_t units) {
  ByVectors(units, [&](int64_t u, auto lanes) {
    Vector blocks[kColumns<Form>], of_inputs = {}, of_state = {}, states[2];
#pragma GCC unroll 4
    for (int b = 0; b < kColumns<Form>; ++b) {
      const int64_t at = b * units + u;
      Vector sum = lanes.Get(row.inner + at);
      if (row.bias) sum += lanes.Get(row.bias + at);
      if (b < Form::kBlocks) {
        blocks[b] = Tanh((lanes.Get(row.z + at) + sum) * Form::kSlopes[b < Form::kBlocks ? b : 0]);
        if (row.squashed) lanes.Put(row.squashed + at, blocks[b]);
      } else {
        of_inputs = lanes.Get(row.z + at);
        of_state = sum;
        if (row.of_state) lanes.Put(row.of_state + u, sum);
      }
    }
    if (!row.counts) return;
    for (int i = 0; i < Form::kStates; ++i) states[i] = lanes.Get(row.states[i] + u);
    Form::Combine(blocks, of_inputs, of_state, states);
    for (int i = 0; i < Form::kStates; ++i) lanes.Put(row.states[i] + u, states[i]);
  });
}

// The gradients of a row's sums, and what does not go through the kernel of its states' gradients.
template <typename Form>
void StepBack(const RowBack& row, int64_t units) {
  ByVectors(units, [&](int64_t u, auto lanes) {
    Vector blocks[Form::kBlocks], of_inputs = {}, of_state = {}, states[2], d[2];
    Vector d_blocks[kColumns<Form>] = {}, d_inputs = {};
    for (int i = 0; i < Form::kStates; ++i) d[i] = lanes.Get(row.d[i] + u);
    if (row.of_output) d[0] += lanes.Get(row.of_output + u);
    if (row.counts) {
      for (int i = 0; i < Form::kStates; ++i) states[i] = lanes.Get(row.states[i] + u);
#pragma GCC unroll 4
      for (int b = 0; b < Form::kBlocks; ++b) blocks[b] = lanes.Get(row.squashed + b * units + u);
      if (Form::kSeparate) {
        of_inputs = lanes.Get(row.of_inputs + u);
        of_state = lanes.Get(row.of_state + u);
      }
      Form::Back(blocks, of_inputs, of_state, states, d, d_blocks, &d_inputs, d_blocks + kColumns<Form> - 1);
#pragma GCC unroll 4
      for (int b = 0; b < Form::kBlocks; ++b)
        d_blocks[b] *= (1.0f - blocks[b] * blocks[b]) * Form::kSlopes[b];
    }
#pragma GCC unroll 4
    for (int b = 0; b < kColumns<Form>; ++b) lanes.Put(row.d_inner + b * units + u, d_blocks[b]);
    if (Form::kSeparate) lanes.Put(row.d_inputs + u, d_inputs);
    for (int i = 0; i < Form::kStates; ++i) lanes.Put(row.d[i] + u, d[i]);
  });
}

// Sizes of a loop, and how its rows and steps are gone through.
struct Loop {
  int64_t steps, batch, units;
  bool reverse;

  // Into how many shares the batch is split.
  int64_t Shares(const Pool& pool) const {
    const int64_t most = (batch + kFewRows - 1) / kFewRows;
    return std::min<int64_t>(pool.Threads(), most);
  }

  // Calls rows(share, first, last) on the threads, each for its share of the batch.
  template <typename Rows>
  void Split(const Pool& pool, const Rows& rows) const {
    const int64_t shares = Shares(pool);
    InParallel(pool, shares,
               [&](int64_t share) { rows(share, batch * share / shares, batch * (share + 1) / shares); });
  }

  int64_t StepAt(int64_t i) const { return reverse ? steps - 1 - i : i; }
};

// The matrix (rows, columns) for Product, or the other way round where `turned`.
const float* Packed(const Pool& pool, const float* matrix, int64_t step, bool turned, int64_t rows, int64_t columns) {
  constexpr int64_t kBlock = kPair * kWidth;
  float* packed = Scratch<0>(rows * RoundUp(columns, kWidth));
  InParallel(pool, (columns + kBlock - 1) / kBlock,
             [&](int64_t block) { PackBlock(matrix, step, turned, rows, columns, block, packed); });
  return packed;
}

// Arguments and results, one after the other; null for what is not there.
struct Given {
  Arguments all;
  int64_t at = 0;
  template <typename T = float>
  const T* Next(bool there = true) {
    return there ? static_cast<const T*>(all[at++].data) : nullptr;
  }
};
struct Made {
  Results all;
  int64_t at = 0;
  float* Next(bool there = true) { return there ? static_cast<float*>(all[at++].data) : nullptr; }
};

template <typename T>
T* At(T* base, int64_t place) {
  return base ? base + place : nullptr;
}

// Of (z, kernel, bias, states, counts) makes (outputs, last states) and, to keep for the gradient, (states before each
// step, what was squashed, separate parts of the state).
template <typename Form>
void Forward(const Pool& pool, const Loop& loop, const float* z, const float* kernel, Given given, Made made,
             bool biased, bool counted, bool emit, bool keep) {
  const int64_t units = loop.units, columns = kColumns<Form> * units;
  const float *bias = given.Next(biased), *first[2];
  for (int i = 0; i < Form::kStates; ++i) first[i] = given.Next();
  const bool* counts = given.Next<bool>(counted);
  float *outputs = made.Next(emit), *states[2], *before[2];
  for (int i = 0; i < Form::kStates; ++i) states[i] = made.Next();
  for (int i = 0; i < Form::kStates; ++i) before[i] = made.Next(keep);
  float *squashed = made.Next(keep), *of_state = made.Next(keep);
  const float* packed = Packed(pool, kernel, columns, false, units, columns);

  loop.Split(pool, [&](int64_t, int64_t begin, int64_t end) {
    const int64_t rows = end - begin, bytes = rows * units * 4;
    float* inner = Scratch<1>(rows * columns);
    for (int i = 0; i < Form::kStates; ++i) std::memcpy(states[i] + begin * units, first[i] + begin * units, bytes);
    for (int64_t n = 0; n < loop.steps; ++n) {
      const int64_t step = loop.StepAt(n) * loop.batch;
      if (keep)
        for (int i = 0; i < Form::kStates; ++i)
          std::memcpy(before[i] + (step + begin) * units, states[i] + begin * units, bytes);
      Product(states[0] + begin * units, units, packed, inner, columns, rows, units, columns);
      for (int64_t row = begin; row < end; ++row) {
        const int64_t at = step + row;
        Step<Form>({z + at * columns, inner + (row - begin) * columns, bias, !counts || counts[at],
                    {states[0] + row * units, At(Form::kStates > 1 ? states[1] : nullptr, row * units)},
                    At(squashed, at * Form::kBlocks * units), At(Form::kSeparate ? of_state : nullptr, at * units)},
                   units);
      }
      if (emit) std::memcpy(outputs + (step + begin) * units, states[0] + begin * units, bytes);
    }
  });
}

// Adds to `total` (depth, padded) what some steps of some rows give to the kernel's gradient: states before, turned,
// times gradients of sums. `x` and `g` are of the first step and row, and the next step lies `batch` rows on.
void AddProduct(const float* x, const float* g, int64_t steps, int64_t batch, int64_t rows, int64_t depth,
                int64_t columns, float* total, int64_t padded) {
  float* part = Scratch<2>(steps * rows * kPair * kWidth);  // of `g`, side by side
  const int64_t tiles = (depth + kRows - 1) / kRows;
  for (int64_t f = 0; f < columns; f += kPair * kWidth) {
    const int64_t width = padded - f > kWidth ? 2 * kWidth : kWidth, left = std::min(columns - f, width);
    float* to = part;
    for (int64_t step = 0; step < steps; ++step)
      for (int64_t row = 0; row < rows; ++row, to += width) {
        std::memcpy(to, g + (step * batch + row) * columns + f, left * 4);
        std::memset(to + left, 0, (width - left) * 4);
      }
    for (int64_t i = 0; i < tiles; ++i) {
      const int64_t r = depth * i / tiles, next = depth * (i + 1) / tiles;
      kOuters[width > kWidth][next - r - 1](x + r, batch * depth, depth, part, rows * width, width, steps, rows,
                                            total + r * padded + f, padded);
    }
  }
}

// Of (kernel, what was squashed, bias, separate parts of inputs, states before each step, separate parts of the state,
// counts, gradients of outputs and last states) makes the gradients of (sums, separate parts of inputs, kernel, bias,
// first states).
template <typename Form>
void Backward(const Pool& pool, const Loop& loop, const float* kernel, const float* squashed, Given given, Made made,
              bool biased, bool counted, bool emit) {
  const int64_t units = loop.units, columns = kColumns<Form> * units;
  given.Next(biased);
  const float *of_inputs = given.Next(), *before[2], *last[2];
  for (int i = 0; i < Form::kStates; ++i) before[i] = given.Next();
  const float* of_state = given.Next();
  const bool* counts = given.Next<bool>(counted);
  const float* of_outputs = given.Next(emit);
  for (int i = 0; i < Form::kStates; ++i) last[i] = given.Next();
  float *d_inner = made.Next(), *d_inputs = made.Next(Form::kSeparate), *of_kernel = made.Next();
  float *of_bias = made.Next(biased), *d[2];
  for (int i = 0; i < Form::kStates; ++i) d[i] = made.Next();
  const float* packed = Packed(pool, kernel, columns, true, columns, units);
  // Each thread adds up its share of the kernel's gradient, and of the bias's in a line after it.
  const int64_t shares = loop.Shares(pool), padded = RoundUp(columns, kWidth), lines = units + 1;
  float* totals = Scratch<3>(shares * lines * padded);

  loop.Split(pool, [&](int64_t share, int64_t begin, int64_t end) {
    const int64_t rows = end - begin, many = std::max<int64_t>(1, kDeep / rows);
    float *through = Scratch<1>(rows * units), *total = totals + share * lines * padded;
    std::memset(total, 0, lines * padded * 4);
    for (int i = 0; i < Form::kStates; ++i)
      std::memcpy(d[i] + begin * units, last[i] + begin * units, rows * units * 4);
    for (int64_t n = loop.steps; n-- > 0;) {
      const int64_t step = loop.StepAt(n), first = step * loop.batch + begin;
      for (int64_t row = 0; row < rows; ++row) {
        const int64_t at = first + row, here = (begin + row) * units;
        const bool two = Form::kStates > 1;
        StepBack<Form>({of_inputs + at * Form::kSeparate * units,
                        {before[0] + at * units, At(two ? before[1] : nullptr, at * units)},
                        squashed + at * Form::kBlocks * units, of_state + at * Form::kSeparate * units,
                        At(of_outputs, at * units), !counts || counts[at],
                        {d[0] + here, At(two ? d[1] : nullptr, here)}, d_inner + at * columns,
                        At(d_inputs, at * units)},
                       units);
        if (biased)
          for (int64_t i = 0; i < columns; ++i) total[units * padded + i] += d_inner[at * columns + i];
      }
      Product(d_inner + first * columns, columns, packed, through, units, rows, columns, units);
      float* sum = d[0] + begin * units;
      for (int64_t i = 0; i < rows * units; ++i) sum[i] += through[i];
      const int64_t done = loop.steps - n;
      if (done % many == 0 || n == 0) {  // the gradients of some steps are near
        const int64_t fresh = done % many ? done % many : many;
        const int64_t low = (loop.reverse ? step - fresh + 1 : step) * loop.batch + begin;
        AddProduct(before[0] + low * units, d_inner + low * columns, fresh, loop.batch, rows, units, columns, total,
                   padded);
      }
    }
  });

  InParallel(pool, lines, [&](int64_t line) {
    float* to = line < units ? of_kernel + line * columns : of_bias;
    if (!to) return;
    std::memset(to, 0, columns * 4);
    for (int64_t share = 0; share < shares; ++share) {
      const float* total = totals + (share * lines + line) * padded;
      for (int64_t i = 0; i < columns; ++i) to[i] += total[i];
    }
  });
}

// Calls make(cell) for the form of this number.
template <typename Make>
void WithForm(int64_t form, const Make& make) {
  if (form == 0) make(Lstm{});
  if (form == 1) make(Gru{});
  if (form == 2) make(Simple{});
}

void ForwardHandler(Pool pool, int64_t form, bool biased, bool counted, bool emit, bool keep, bool reverse, Floats z,
                    Floats kernel, Arguments given, Results made) {
  const auto sizes = z.shape;
  const Loop loop = {sizes[0], sizes[1], kernel.shape[0], reverse};
  WithForm(form, [&](auto cell) {
    Forward<decltype(cell)>(pool, loop, z.data, kernel.data, {given}, {made}, biased, counted, emit, keep);
  });
}

void BackwardHandler(Pool pool, int64_t form, bool biased, bool counted, bool emit, bool reverse, Floats kernel,
                     Floats squashed, Arguments given, Results made) {
  const auto sizes = squashed.shape;
  const Loop loop = {sizes[0], sizes[1], kernel.shape[0], reverse};
  WithForm(form, [&](auto cell) {
    Backward<decltype(cell)>(pool, loop, kernel.data, squashed.data, {given}, {made}, biased, counted, emit);
  });
}

}  // namespace
}  // namespace hornbeam

HORNBEAM_KERNEL(recurrence, ForwardHandler, "form biased counted emit keep reverse")
HORNBEAM_KERNEL(recurrence_back, BackwardHandler, "form biased counted emit reverse")
