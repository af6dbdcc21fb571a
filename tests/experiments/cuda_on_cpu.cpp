// Runs the kernels of networks.cu without a GPU, as they stand: every thread of a block is a fiber.
//
// __syncwarp() waits for the 32 threads of a warp, __syncthreads() for all.  The warps run one after
// the other, each as far as the next __syncthreads(): a thread that reads what another warp has not
// written yet, or has overwritten already, computes something else than the GPU was meant to.

#include <ucontext.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#define __device__
#define __global__
#define __shared__ static
#define __launch_bounds__(n)
#define __align__(n) __attribute__((aligned(n)))

struct float4 { float x, y, z, w; };
struct Index { int x; };
static Index threadIdx, blockIdx;

namespace fibers {
struct Fiber {
    ucontext_t context;
    std::vector<char> stack;
    enum { READY, AT_WARP, AT_BLOCK, DONE } state;
};
static std::vector<Fiber> all;
static ucontext_t scheduler;
static int current;
static void (*body)();

static void start() {
    body();
    all[current].state = Fiber::DONE;
    swapcontext(&all[current].context, &scheduler);
}

static void wait(decltype(Fiber::state) where) {
    int self = current;
    all[self].state = where;
    swapcontext(&all[self].context, &scheduler);
}

static void run(int threads) {
    all.clear();
    all.resize(threads);
    for (auto& fiber : all) {
        fiber.stack.resize(1 << 17);
        fiber.state = Fiber::READY;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.data();
        fiber.context.uc_stack.ss_size = fiber.stack.size();
        fiber.context.uc_link = &scheduler;
        makecontext(&fiber.context, start, 0);
    }
    for (;;) {
        bool finished = true;
        for (int warp = 0; warp < threads; warp += 32) {
            for (;;) {  // this warp alone, to its next barrier of the block
                bool ran = false;
                for (int k = warp; k < warp + 32; ++k) {
                    if (all[k].state != Fiber::READY) continue;
                    ran = true;
                    current = threadIdx.x = k;
                    swapcontext(&scheduler, &all[k].context);
                }
                int at_warp = 0;
                for (int k = warp; k < warp + 32; ++k) at_warp += all[k].state == Fiber::AT_WARP;
                if (at_warp != 0 && at_warp != 32) std::abort();  // the GPU would wait for ever
                for (int k = warp; k < warp + 32; ++k)
                    if (all[k].state == Fiber::AT_WARP) all[k].state = Fiber::READY;
                if (!ran) break;
            }
        }
        int at_block = 0;
        for (auto& fiber : all) {
            finished = finished && fiber.state == Fiber::DONE;
            at_block += fiber.state == Fiber::AT_BLOCK;
        }
        if (finished) return;
        if (at_block != threads) std::abort();
        for (auto& fiber : all) fiber.state = Fiber::READY;
    }
}
}  // namespace fibers

static void __syncwarp() { fibers::wait(fibers::Fiber::AT_WARP); }
static void __syncthreads() { fibers::wait(fibers::Fiber::AT_BLOCK); }

#include KERNELS

extern "C" int threads() { return THREADS; }

struct EpochCall {
    const float *x, *y;
    const int *x_of, *y_of, *order;
    int batches, rows, T;
    float *parameters, *moments;
    const float* base;
    float *keep, *errors, *losses, *best, *best_loss;
    int* best_epoch;
    int constraint, epoch;
    float rate, clip;
};
static EpochCall epoch_call;

extern "C" void run_train_epoch(int networks, const float* x, const float* y, const int* x_of,
                                const int* y_of, const int* order, int batches, int rows, int T,
                                float* parameters, float* moments, const float* base, float* keep,
                                float* errors, float* losses, float* best, float* best_loss,
                                int* best_epoch, int constraint, int epoch, float rate, float clip) {
    epoch_call = {x, y, x_of, y_of, order, batches, rows, T, parameters, moments, base, keep, errors,
                  losses, best, best_loss, best_epoch, constraint, epoch, rate, clip};
    fibers::body = [] {
        auto& c = epoch_call;
        train_epoch(c.x, c.y, c.x_of, c.y_of, c.order, c.batches, c.rows, c.T, c.parameters,
                    c.moments, c.base, c.keep, c.errors, c.losses, c.best, c.best_loss, c.best_epoch,
                    c.constraint, c.epoch, c.rate, c.clip);
    };
    for (blockIdx.x = 0; blockIdx.x < networks; ++blockIdx.x) fibers::run(THREADS);
}

struct ScoreCall {
    const float *x, *y;
    const int *x_of, *y_of;
    int first, count, rows, T;
    const float* parameters;
    double* squares;
};
static ScoreCall score_call;

extern "C" void run_score(int networks, const float* x, const float* y, const int* x_of,
                          const int* y_of, int first, int count, int rows, int T,
                          const float* parameters, double* squares) {
    score_call = {x, y, x_of, y_of, first, count, rows, T, parameters, squares};
    fibers::body = [] {
        auto& c = score_call;
        score(c.x, c.y, c.x_of, c.y_of, c.first, c.count, c.rows, c.T, c.parameters, c.squares);
    };
    for (blockIdx.x = 0; blockIdx.x < networks; ++blockIdx.x) fibers::run(THREADS);
}
