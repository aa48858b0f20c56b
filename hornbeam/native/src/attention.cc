// Attention, softmax(q k^T * scale) v for each head, and its gradient. The arrays (batch, length, heads, size) are read
// where they lie, and the scores of some queries at a time are held, never those of all.
#include "math_exp.h"
#include "product.h"

namespace hornbeam {
namespace {


constexpr int64_t kQueries = 64;  // whose scores are held at a time
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kHidden = -0.7 * std::numeric_limits<float>::max();  // the score of a key that may not be seen

struct Attention {
  int64_t batch, queries, keys, heads, key_heads, size, out;  // `size` of queries and keys, `out` of values
  float scale;
  bool causal;
  const bool* mask;  // null: every key is seen
  int64_t steps[4];  // of the mask, along batch, heads, queries and keys
  const float *q, *k, *v;

  int64_t line() const { return RoundUp(keys, kWidth); }
  int64_t group() const { return heads / key_heads; }
};

// Some queries of one head.
struct Block {
  int64_t sample, head, first, rows;
  int64_t seen;  // keys that any of them may see: of a causal mask, with those that fill a pair of vectors

  int64_t padded() const { return RoundUp(seen, kWidth); }
};

Block BlockOf(const Attention& a, int64_t sample, int64_t key_head, int64_t i) {
  const int64_t blocks = (a.queries + kQueries - 1) / kQueries, part = i % blocks;
  const int64_t first = a.queries * part / blocks, last = a.queries * (part + 1) / blocks;
  // A row that a mask hides as a whole weighs all keys alike, so that none may be left out beside a mask.
  const bool all = a.mask || !a.causal;
  return {sample, key_head * a.group() + i / blocks, first, last - first,
          all ? a.keys : std::min(a.keys, RoundUp(last, kPair * kWidth))};
}

// Work is shared out by samples and key heads, and further by blocks of queries where those are few.
struct Shares {
  int64_t each, shares, tasks;
};

Shares SharesOf(const Attention& a, int64_t threads) {
  const int64_t pairs = a.batch * a.key_heads, each = a.group() * ((a.queries + kQueries - 1) / kQueries);
  const int64_t shares = std::min(each, (2 * threads + pairs - 1) / pairs);
  return {each, shares, pairs * shares};
}

// Puts `value` for all keys that a query (row of the block) may not see.
void Hide(const Attention& a, const Block& block, int64_t row, float* at, float value) {
  const int64_t query = block.first + row;
  if (a.mask) {
    const bool* mask = a.mask + block.sample * a.steps[0] + block.head * a.steps[1] + query * a.steps[2];
    if (a.steps[3]) {
      for (int64_t j = 0; j < block.seen; ++j) at[j] = mask[j] ? at[j] : value;
    } else if (!*mask) {
      std::fill(at, at + block.seen, value);
    }
  }
  if (a.causal && query + 1 < block.seen) std::fill(at + query + 1, at + block.seen, value);
}

void Multiply(float* x, int64_t count, float times) {
  for (int64_t i = 0; i < count; ++i) x[i] *= times;
}

// The weights of a block's queries, to be multiplied by `parts`, which make their sums 1; from keys that are packed and
// were multiplied by the scale.
void Weigh(const Attention& a, const Block& block, const float* q, int64_t q_step, const float* keys, float* weights,
           float* parts) {
  Product(q, q_step, keys, weights, a.line(), block.rows, a.size, block.padded());
  for (int64_t row = 0; row < block.rows; ++row) {
    float* at = weights + row * a.line();
    Hide(a, block, row, at, kHidden);
    std::fill(at + block.seen, at + block.padded(), -kInfinity);
    Vector most = Spread(-kInfinity), total = {};
    for (int64_t j = 0; j < block.padded(); j += kWidth) {
      const Vector score = Load(at + j);
      most = score > most ? score : most;
    }
    const float top = Folded(most, [](float a, float b) { return a > b ? a : b; });
    for (int64_t j = 0; j < block.padded(); j += kWidth) {
      const Vector weight = Exp(Load(at + j) - top);
      Store(at + j, weight);
      total += weight;
    }
    parts[row] = 1 / Sum(total);
  }
}

// A head's (length, size) packed for products, as it is or turned, times a number.
float* Packed(const float* x, int64_t step, bool turned, int64_t length, int64_t size, float times, float* packed) {
  const int64_t rows = turned ? size : length, columns = turned ? length : size;
  for (int64_t b = 0; b * kPair * kWidth < columns; ++b) PackBlock(x, step, turned, rows, columns, b, packed);
  if (times != 1) Multiply(packed, rows * RoundUp(columns, kWidth), times);
  return packed;
}

// Lines of a head side by side, each filled up with zeros.
void Gather(const float* x, int64_t step, int64_t rows, int64_t size, float* to) {
  const int64_t padded = RoundUp(size, kWidth);
  for (int64_t r = 0; r < rows; ++r, x += step, to += padded) {
    std::memcpy(to, x, size * 4);
    std::fill(to + size, to + padded, 0.0f);
  }
}

void Forward(const Pool& pool, const Attention& a, float* y) {
  const auto [each, shares, tasks] = SharesOf(a, pool.Threads());
  InParallel(pool, tasks, [&, each = each, shares = shares](int64_t task) {
    const int64_t share = task % shares, key_head = task / shares % a.key_heads, n = task / shares / a.key_heads;
    const int64_t head_of_keys = n * a.keys * a.key_heads + key_head;
    float* keys = Packed(a.k + head_of_keys * a.size, a.key_heads * a.size, true, a.keys, a.size, a.scale,
                         Scratch<0>(a.size * a.line()));
    float* values = Packed(a.v + head_of_keys * a.out, a.key_heads * a.out, false, a.keys, a.out, 1,
                           Scratch<1>(a.keys * RoundUp(a.out, kWidth)));
    float* weights = Scratch<2>(kQueries * a.line());
    float parts[kQueries];
    for (int64_t i = each * share / shares; i < each * (share + 1) / shares; ++i) {
      const Block block = BlockOf(a, n, key_head, i);
      const int64_t at = (n * a.queries + block.first) * a.heads + block.head, step = a.heads * a.out;
      Weigh(a, block, a.q + at * a.size, a.heads * a.size, keys, weights, parts);
      Product(weights, a.line(), values, y + at * a.out, step, block.rows, block.seen, a.out, a.keys);
      for (int64_t row = 0; row < block.rows; ++row) Multiply(y + at * a.out + row * step, a.out, parts[row]);
    }
  });
}

// Adds up what some blocks of queries give to the gradients of a head's keys and values, and makes those of queries.
void OfBlocks(const Attention& a, const float* g, float* dq, int64_t n, int64_t key_head, int64_t begin, int64_t end,
              float* dk, float* dv) {
  const int64_t head_of_keys = n * a.keys * a.key_heads + key_head, line = a.line();
  const int64_t size = RoundUp(a.size, kWidth), out = RoundUp(a.out, kWidth);
  const float *k = a.k + head_of_keys * a.size, *v = a.v + head_of_keys * a.out;
  float* keys = Packed(k, a.key_heads * a.size, true, a.keys, a.size, a.scale, Scratch<0>(a.size * line));
  float* values = Packed(v, a.key_heads * a.out, true, a.keys, a.out, 1, Scratch<1>(a.out * line));
  float* back = Packed(k, a.key_heads * a.size, false, a.keys, a.size, a.scale, Scratch<2>(a.keys * size));
  float *weights = Scratch<3>(2 * kQueries * line), *changes = weights + kQueries * line;
  float *q_block = Scratch<4>(kQueries * (size + out)), *g_block = q_block + kQueries * size;
  float parts[kQueries];
  std::fill(dk, dk + a.keys * size, 0.0f);
  std::fill(dv, dv + a.keys * out, 0.0f);
  for (int64_t i = begin; i < end; ++i) {
    const Block block = BlockOf(a, n, key_head, i);
    const int64_t at = (n * a.queries + block.first) * a.heads + block.head, q_step = a.heads * a.size;
    Gather(a.q + at * a.size, q_step, block.rows, a.size, q_block);
    Gather(g + at * a.out, a.heads * a.out, block.rows, a.out, g_block);
    Weigh(a, block, q_block, size, keys, weights, parts);
    Product(g_block, out, values, changes, line, block.rows, a.out, block.padded());
    for (int64_t row = 0; row < block.rows; ++row) {
      float *weight = weights + row * line, *change = changes + row * line;
      std::fill(change + block.seen, change + block.padded(), 0.0f);
      Vector total = {};
      for (int64_t j = 0; j < block.padded(); j += kWidth) {
        const Vector share = Load(weight + j) * parts[row];
        Store(weight + j, share);
        total += share * Load(change + j);
      }
      const float mean = Sum(total);
      for (int64_t j = 0; j < block.padded(); j += kWidth)
        Store(change + j, Load(weight + j) * (Load(change + j) - mean));
      Hide(a, block, row, change, 0);
    }
    Product(changes, line, back, dq + at * a.size, q_step, block.rows, block.seen, a.size, a.keys);
    AddTurnedProduct(changes, line, q_block, size, block.rows, block.seen, size, dk);
    AddTurnedProduct(weights, line, g_block, out, block.rows, block.seen, out, dv);
  }
}

void Backward(const Pool& pool, const Attention& a, const float* g, float* dq, float* dk, float* dv) {
  const auto [each, shares, tasks] = SharesOf(a, pool.Threads());
  const int64_t size = RoundUp(a.size, kWidth), out = RoundUp(a.out, kWidth), room = a.keys * (size + out);
  float* parts = shares > 1 ? Scratch<5>(tasks * room) : nullptr;  // of threads that share a head
  // Writes a head's gradients, the sums of `count` parts.
  const auto write = [&](int64_t head, float* part, int64_t count) {
    for (int64_t i = 1; i < count; ++i) Add(part + i * room, room, part);
    Multiply(part, a.keys * size, a.scale);
    const int64_t first = head / a.key_heads * a.keys * a.key_heads + head % a.key_heads;
    for (int64_t j = 0; j < a.keys; ++j) {
      std::memcpy(dk + (first + j * a.key_heads) * a.size, part + j * size, a.size * 4);
      std::memcpy(dv + (first + j * a.key_heads) * a.out, part + a.keys * size + j * out, a.out * 4);
    }
  };
  InParallel(pool, tasks, [&, each = each, shares = shares](int64_t task) {
    const int64_t head = task / shares, share = task % shares;
    float* part = parts ? parts + task * room : Scratch<5>(room);
    OfBlocks(a, g, dq, head / a.key_heads, head % a.key_heads, each * share / shares, each * (share + 1) / shares, part,
             part + a.keys * size);
    if (shares == 1) write(head, part, 1);
  });
  if (shares > 1) {
    InParallel(pool, tasks / shares,
               [&, shares = shares](int64_t head) { write(head, parts + head * shares * room, shares); });
  }
}

// There may be a mask.
Attention AttentionOf(Span<float> scale, Numbers causal, const Floats& q, const Floats& k, const Floats& v,
                      const Arguments& mask) {
  const auto a = q.shape, b = k.shape;
  Attention made = {a[0], a[1], b[1], a[2], b[2], a[3], v.shape[3], scale[0], causal[0] != 0, nullptr};
  made.q = q.data, made.k = k.data, made.v = v.data;
  if (mask.count) {
    made.mask = static_cast<const bool*>(mask[0].data);
    int64_t step = 1;
    for (int i = 3; i >= 0; --i) {
      const int64_t length = mask[0].dims[i];
      made.steps[i] = length == 1 ? 0 : step;
      step *= length;
    }
  }
  return made;
}

void ForwardHandler(Pool pool, Span<float> scale, Numbers causal, Floats q, Floats k, Floats v, Arguments mask,
                    FloatsOut y) {
  Forward(pool, AttentionOf(scale, causal, q, k, v, mask), y.data);
}

void BackwardHandler(Pool pool, Span<float> scale, Numbers causal, Floats g, Floats q, Floats k, Floats v,
                     Arguments mask, FloatsOut dq, FloatsOut dk, FloatsOut dv) {
  Backward(pool, AttentionOf(scale, causal, q, k, v, mask), g.data, dq.data, dk.data, dv.data);
}

}  // namespace
}  // namespace hornbeam

HORNBEAM_KERNEL(attention, ForwardHandler, "scale causal")
HORNBEAM_KERNEL(attention_gradient, BackwardHandler, "scale causal")
