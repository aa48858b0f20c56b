// Vectors of floats as wide as the machine's registers, and work shared among XLA's threads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "call.h"

namespace hornbeam {

#if defined(__AVX512F__)
constexpr int kWidth = 16, kRegisters = 32;
#elif defined(__AVX__)
constexpr int kWidth = 8, kRegisters = 16;
#elif defined(__aarch64__)
constexpr int kWidth = 4, kRegisters = 32;
#else
constexpr int kWidth = 4, kRegisters = 16;
#endif
constexpr int kPair = 2;                                   // vectors that one broadcast number is multiplied with
constexpr int kRows = (kRegisters - kPair - 1) / kPair;    // sums of a pair that fit into the registers beside it
constexpr int kPlaces = std::min(kRows, 10);  // rows of a Tile whose addresses fit, too

typedef float Vector __attribute__((vector_size(kWidth * 4)));
typedef float Loose __attribute__((vector_size(kWidth * 4), aligned(4), may_alias));

inline Vector Load(const float* at) { return *reinterpret_cast<const Loose*>(at); }
inline void Store(float* at, Vector v) { *reinterpret_cast<Loose*>(at) = v; }
inline Vector Spread(float x) { return x - Vector{}; }

// One number of all those in a vector, halves upon halves.
template <typename Join>
float Folded(Vector v, const Join& join) {
  float lanes[kWidth];
  std::memcpy(lanes, &v, sizeof lanes);
#pragma GCC unroll 8
  for (int width = kWidth / 2; width > 0; width /= 2)
#pragma GCC unroll 16
    for (int i = 0; i < width; ++i) lanes[i] = join(lanes[i], lanes[i + width]);
  return lanes[0];
}

inline float Sum(Vector v) {
  return Folded(v, [](float a, float b) { return a + b; });
}

inline void Add(const float* __restrict x, int64_t count, float* __restrict total) {
  for (int64_t i = 0; i < count; ++i) total[i] += x[i];
}

inline int64_t RoundUp(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// Memory aligned to cache lines that a thread keeps for its next task: nothing is mapped anew at each call.
// What is asked for under one `slot` replaces what was.
template <int slot>
float* Scratch(int64_t floats) {
  struct Kept {
    float* at = nullptr;
    int64_t size = 0;
    ~Kept() { std::free(at); }
  };
  thread_local Kept kept;
  if (kept.size < floats) {
    std::free(kept.at);
    kept.at = static_cast<float*>(std::aligned_alloc(64, RoundUp(floats * 4, 64)));
    kept.size = kept.at ? floats : 0;
  }
  return kept.at;
}

// Calls task(0) ... task(count - 1), on this thread and those of the pool. No thread waits for one that has not begun:
// the pool may be busy with other callers of this function, who wait too.
template <typename Task>
void InParallel(const Pool& pool, int64_t count, const Task& task) {
  struct Shared {
    std::atomic<int64_t> next{0};
    std::mutex mutex;
    std::condition_variable idle;
    int working = 0;
    bool over = false;
  };
  const int64_t helpers = std::min(pool.Threads(), count) - 1;
  auto shared = std::make_shared<Shared>();
  for (int64_t i = 0; i < helpers; ++i) {
    pool.Schedule([shared, count, &task] {  // `task` is there as long as work is not over
      {
        std::lock_guard<std::mutex> lock(shared->mutex);
        if (shared->over) return;
        ++shared->working;
      }
      for (int64_t n; (n = shared->next++) < count;) task(n);
      std::lock_guard<std::mutex> lock(shared->mutex);
      if (--shared->working == 0) shared->idle.notify_all();
    });
  }
  for (int64_t n; (n = shared->next++) < count;) task(n);
  std::unique_lock<std::mutex> lock(shared->mutex);
  shared->over = true;
  shared->idle.wait(lock, [&] { return shared->working == 0; });
}

}  // namespace hornbeam
