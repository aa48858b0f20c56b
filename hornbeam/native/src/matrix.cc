// Products of large matrices where XLA's are not the best: those that give the gradient of the right one, and those that
// end in a bias and a relu.
#include "product.h"

namespace hornbeam {
namespace {

constexpr int64_t kDeep = 256;              // rows of a packed block, which stays in the first cache
constexpr int64_t kTall = 128;              // rows of results that a task goes over for each of these blocks
constexpr int64_t kLines = 192;             // rows that a sum of outer products takes before its sums are put down
constexpr int64_t kBlock = kPair * kWidth;  // columns of a block

// y (rows, columns) = relu(x (rows, depth) times a matrix (depth, columns) + bias).
void MultiplyRelu(const Pool& pool, const float* x, const float* matrix, const float* bias, float* y, int64_t rows,
                  int64_t depth, int64_t columns) {
  const int64_t threads = pool.Threads();
  const int64_t blocks = (columns + kBlock - 1) / kBlock, chunks = (rows + kTall - 1) / kTall;
  // Few rows are shared out by columns, and each task packs its own; of many rows all tasks read the same blocks.
  const bool shared = chunks > 2 * threads;
  const int64_t groups = shared ? 1 : std::min(blocks, 2 * threads), padded = RoundUp(columns, kWidth);
  const auto pack = [&](int64_t k, int64_t block, float* to) {
    const int64_t deep = std::min(kDeep, depth - k);
    PackBlock(matrix + k * columns, columns, false, deep, columns, block, to - block * kBlock * deep);
  };
  float *starts = Scratch<0>(padded * (shared ? depth + 1 : 1)), *all = starts + padded;
  std::fill_n(std::copy_n(bias, columns, starts), padded - columns, 0.0f);
  const auto place = [&](int64_t k, int64_t block) {
    return all + k * padded + block * kBlock * std::min(kDeep, depth - k);
  };
  if (shared)
    InParallel(pool, blocks, [&](int64_t block) {
      for (int64_t k = 0; k < depth; k += kDeep) pack(k, block, place(k, block));
    });

  InParallel(pool, chunks * groups, [&](int64_t task) {
    const int64_t first = task / groups * kTall, count = std::min(kTall, rows - first), group = task % groups;
    const int64_t tiles = (count + kPlaces - 1) / kPlaces;
    float* own = Scratch<1>(kDeep * kBlock);
    for (int64_t k = 0; k < depth; k += kDeep) {
      const int64_t deep = std::min(kDeep, depth - k);
      for (int64_t block = blocks * group / groups; block < blocks * (group + 1) / groups; ++block) {
        const int64_t f = block * kBlock, left = columns - f, width = left > kWidth ? kBlock : kWidth;
        const float* packed = shared ? place(k, block) : own;
        if (!shared) pack(k, block, own);
        for (int64_t i = 0; i < tiles; ++i) {
          const int64_t p = count * i / tiles, next = count * (i + 1) / tiles;
          float* to = y + (first + p) * columns + f;
          // The last block of columns may be narrower than its vectors: its sums so far are read from a copy.
          float before[kRows * kBlock];
          Finish finish;
          if (k > 0 && left < width) {
            for (int64_t row = 0; row < next - p; ++row) std::copy_n(to + row * columns, left, before + row * width);
            finish.start = before, finish.step = width;
          } else if (k > 0) {
            finish.start = to, finish.step = columns;
          } else {
            finish.start = starts + f;
          }
          finish.relu = k + kDeep >= depth;
          const Tap whole = {k, 0};
          kTiles[left > kWidth][next - p - 1](x + (first + p) * depth, depth, &whole, 1, deep, packed, width, to,
                                              columns, left, finish);
        }
      }
    }
  });
}

// y (lines, columns) = the transpose of x (rows, lines) times g (rows, columns). Each task has lines, or columns, of its
// own, whichever are more.
void MultiplyTurned(const Pool& pool, const float* x, const float* g, float* y, int64_t rows, int64_t lines,
                    int64_t columns) {
  const bool by_line = lines > columns;
  const int64_t blocks = (columns + kBlock - 1) / kBlock, strips = (lines + kRows - 1) / kRows;
  const int64_t threads = pool.Threads();
  const int64_t tasks = std::min(threads, by_line ? strips : blocks);
  const int64_t padded = RoundUp(columns, kWidth);
  float* sums = padded == columns ? y : Scratch<0>(lines * padded);

  InParallel(pool, tasks, [&](int64_t task) {
    const auto share = [&](bool split, int64_t count) {
      return split ? std::pair(count * task / tasks, count * (task + 1) / tasks) : std::pair(int64_t{0}, count);
    };
    const auto [first_strip, last_strip] = share(by_line, strips);
    const auto [first_block, last_block] = share(!by_line, blocks);
    const auto line_of = [&](int64_t strip) { return lines * strip / strips; };
    const int64_t low = line_of(first_strip), high = line_of(last_strip);
    const int64_t left = first_block * kBlock, right = std::min(padded, last_block * kBlock);
    for (int64_t line = low; line < high; ++line)
      std::fill(sums + line * padded + left, sums + line * padded + right, 0.0f);
    float* packed = Scratch<1>(kLines * (right - left));
    for (int64_t row = 0; row < rows; row += kLines) {
      const int64_t deep = std::min(kLines, rows - row);
      for (int64_t block = first_block; block < last_block; ++block)
        PackBlock(g + row * columns, columns, false, deep, columns, block, packed - left * deep);
      for (int64_t strip = first_strip; strip < last_strip; ++strip) {
        const int64_t line = line_of(strip), many = line_of(strip + 1) - line;
        for (int64_t block = first_block; block < last_block; ++block) {
          const int64_t f = block * kBlock, width = std::min(kBlock, padded - f);
          kOuters[width > kWidth][many - 1](x + row * lines + line, 0, lines, packed + (f - left) * deep, 0, width, 1,
                                            deep, sums + line * padded + f, padded);
        }
      }
    }
  });
  if (sums != y)
    for (int64_t line = 0; line < lines; ++line) std::copy_n(sums + line * padded, columns, y + line * columns);
}

void Relu(Pool pool, Floats x, Floats matrix, Floats bias, FloatsOut y) {
  const auto a = x.shape, b = matrix.shape;
  MultiplyRelu(pool, x.data, matrix.data, bias.data, y.data, a[0], a[1], b[1]);
}

void Turned(Pool pool, Floats x, Floats g, FloatsOut y) {
  const auto a = x.shape, b = g.shape;
  MultiplyTurned(pool, x.data, g.data, y.data, a[0], a[1], b[1]);
}

}  // namespace
}  // namespace hornbeam

HORNBEAM_KERNEL(product_relu, Relu, "")
HORNBEAM_KERNEL(turned_product, Turned, "")
