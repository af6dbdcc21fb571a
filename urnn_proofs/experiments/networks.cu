// Training of many small networks on one GPU: one thread block trains one network, start to end.
//
//   ReLU   h' = max(W h + F x + b, 0)                                    y = C h + d
//   tanh   h' = tanh(W h + F x + b)                                      y = C h + d
//   LSTM   i, f, o = sigmoid(W h + F x + b), g = tanh(W h + F x + b)     (each its own W, F, b)
//          c' = f c + i g, h' = o tanh(c')                               y = C h + d
//
// A thread holds one unit of one sequence of the batch; the threads of one sequence stand in one
// warp, so a time step needs no barrier of the block.  Defined by whoever compiles this: N hidden
// units (at most 32), B sequences in a batch, M inputs, O outputs, LSTM 0 or 1, TANH 0 or 1.
// Nothing here depends on the order in which threads run: the same run gives the same bits.

#define Q (LSTM ? 4 : 1)            // gates, in the order i, f, g, o
#define KEPT (LSTM ? 5 : 1)         // numbers a unit keeps of each step: i, f, g, o, c; or h
#define G (32 / N)                  // sequences in one warp
#define WARPS ((B + G - 1) / G)
#define THREADS (32 * WARPS)
#define OWN ((O + N - 1) / N)       // outputs that one thread computes
#define DEPTH (LSTM ? 2 : 4)        // steps that are read ahead
#define PADDED(n) (((n) + 3) / 4 * 4)

// Places of the parameters of one network.
enum { AT_W = 0, AT_F = Q * N * N, AT_B = AT_F + Q * N * M, AT_C = AT_B + Q * N,
       AT_D = AT_C + O * N, SIZE = AT_D + O };

enum { FREE = 0, PROJECTION = 1, CAYLEY = 2, CONTRACTIVE = 3 };  // what holds for W

struct Place {
    int s, u;  // sequence of the batch, unit
    bool on;   // threads that are off compute along with the first sequence of their warp
};

__device__ inline Place place() {
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    int s = warp * G + lane / N;
    bool on = lane < G * N && s < B;
    Place at = {on ? s : warp * G, on ? lane % N : 0, on};
    return at;
}

__device__ inline float sigmoid(float z) { return 1.0f / (1.0f + expf(-z)); }

// Read n numbers that all threads of a sequence share.
template <int n>
__device__ inline void read(float* to, const float* from) {
#pragma unroll
    for (int j = 0; j < PADDED(n) / 4; ++j) {
        float4 v = reinterpret_cast<const float4*>(from)[j];
        to[4 * j] = v.x;
        to[4 * j + 1] = v.y;
        to[4 * j + 2] = v.z;
        to[4 * j + 3] = v.w;
    }
}

// Run one batch.  x and y are the sequence of this thread; keep and errors are where this thread
// writes its numbers of step 0 (both null when nothing is to be kept).  Returns the sum of the
// squared errors of the outputs that this thread computes, in squares[OWN].
template <typename Sum>
__device__ void forward(const float* p, const float* W, const float* x, const float* y, int T,
                        Place at, float (*states)[B][PADDED(Q * N)], float* keep, float* errors,
                        Sum* squares) {
    float w[Q][N], f[Q][M], b[Q], c_out[OWN][N], d_out[OWN];
#pragma unroll
    for (int q = 0; q < Q; ++q) {
#pragma unroll
        for (int j = 0; j < N; ++j) w[q][j] = W[(q * N + at.u) * N + j];
#pragma unroll
        for (int m = 0; m < M; ++m) f[q][m] = p[AT_F + (q * N + at.u) * M + m];
        b[q] = p[AT_B + q * N + at.u];
    }
#pragma unroll
    for (int k = 0; k < OWN; ++k) {
        int o = at.u + k * N < O ? at.u + k * N : 0;
#pragma unroll
        for (int j = 0; j < N; ++j) c_out[k][j] = p[AT_C + o * N + j];
        d_out[k] = p[AT_D + o];
        squares[k] = 0;
    }
    float h[PADDED(N)], cell = 0;
#pragma unroll
    for (int j = 0; j < PADDED(N); ++j) h[j] = 0;
    float x_next[DEPTH][M], y_next[DEPTH][OWN];
    auto fetch = [&](int t0) {
#pragma unroll
        for (int k = 0; k < DEPTH; ++k) {
            int t = t0 + k < T ? t0 + k : T - 1;
#pragma unroll
            for (int m = 0; m < M; ++m) x_next[k][m] = x[t * M + m];
#pragma unroll
            for (int i = 0; i < OWN; ++i)
                y_next[k][i] = at.u + i * N < O ? y[t * O + at.u + i * N] : 0.0f;
        }
    };
    fetch(0);
    for (int t0 = 0; t0 < T; t0 += DEPTH) {
        float x_now[DEPTH][M], y_now[DEPTH][OWN];
#pragma unroll
        for (int k = 0; k < DEPTH; ++k) {
#pragma unroll
            for (int m = 0; m < M; ++m) x_now[k][m] = x_next[k][m];
#pragma unroll
            for (int i = 0; i < OWN; ++i) y_now[k][i] = y_next[k][i];
        }
        fetch(t0 + DEPTH);
#pragma unroll
        for (int k = 0; k < DEPTH; ++k) {
            int t = t0 + k;
            if (t >= T) break;
            float z[Q];
#pragma unroll
            for (int q = 0; q < Q; ++q) {
                z[q] = b[q];
#pragma unroll
                for (int m = 0; m < M; ++m) z[q] += f[q][m] * x_now[k][m];
                float even = 0, odd = 0;
#pragma unroll
                for (int j = 0; j + 1 < N; j += 2) {
                    even += w[q][j] * h[j];
                    odd += w[q][j + 1] * h[j + 1];
                }
                if (N % 2) even += w[q][N - 1] * h[N - 1];
                z[q] += even + odd;
            }
            float own, last[KEPT];
            if (LSTM) {
                float i = sigmoid(z[0]), forget = sigmoid(z[Q > 1 ? 1 : 0]);
                float g = tanhf(z[Q > 2 ? 2 : 0]), o = sigmoid(z[Q > 3 ? 3 : 0]);
                cell = forget * cell + i * g;
                own = o * tanhf(cell);
                float all[5] = {i, forget, g, o, cell};
#pragma unroll
                for (int r = 0; r < KEPT; ++r) last[r] = all[r];
            } else {
                own = TANH ? tanhf(z[0]) : z[0] <= 0 ? 0.0f : z[0];  // not fmaxf, which hides NaN
                last[0] = own;
            }
            if (at.on) states[t % 2][at.s][at.u] = own;
            if (keep) {
#pragma unroll
                for (int r = 0; r < KEPT; ++r) keep[(t * KEPT + r) * THREADS] = last[r];
            }
            __syncwarp();
            read<N>(h, states[t % 2][at.s]);
#pragma unroll
            for (int i = 0; i < OWN; ++i) {
                float e = d_out[i] - y_now[k][i];
#pragma unroll
                for (int j = 0; j < N; ++j) e += c_out[i][j] * h[j];
                if (at.on && at.u + i * N < O) {
                    squares[i] += (Sum)e * e;
                    if (errors) errors[t * B * O + i * N] = e;
                }
            }
        }
    }
}

// The gradient of the mean squared error of a batch: added to g in shared memory.
__device__ void backward(const float* p, const float* W, const float* x, int T, Place at,
                         float (*later)[B][PADDED(Q * N)], const float* keep, const float* errors,
                         float* g) {
    const float scale = 2.0f / ((float)T * B * O);
    float w[Q][N], c[O];          // columns of W and of C
    float dW[Q][N], dF[Q][M], db[Q], dC[O], dd[O];
#pragma unroll
    for (int q = 0; q < Q; ++q) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
            w[q][i] = W[(q * N + i) * N + at.u];
            dW[q][i] = 0;
        }
#pragma unroll
        for (int m = 0; m < M; ++m) dF[q][m] = 0;
        db[q] = 0;
    }
#pragma unroll
    for (int o = 0; o < O; ++o) {
        c[o] = scale * p[AT_C + o * N + at.u];
        dC[o] = dd[o] = 0;
    }
    float d[PADDED(Q * N)], d_cell = 0;  // of the step after this one; d in the order [unit][gate]
#pragma unroll
    for (int i = 0; i < PADDED(Q * N); ++i) d[i] = 0;
    float x_next[DEPTH][M], e_next[DEPTH][O], kept_next[DEPTH][KEPT + 1];
    auto fetch = [&](int t0) {
#pragma unroll
        for (int k = 0; k < DEPTH; ++k) {
            int t = t0 - k > 0 ? t0 - k : 0;
#pragma unroll
            for (int m = 0; m < M; ++m) x_next[k][m] = x[t * M + m];
#pragma unroll
            for (int o = 0; o < O; ++o) e_next[k][o] = errors[t * B * O + o];
#pragma unroll
            for (int r = 0; r < KEPT; ++r) kept_next[k][r] = keep[(t * KEPT + r) * THREADS];
            kept_next[k][KEPT] = LSTM && t > 0 ? keep[(t * KEPT - 1) * THREADS] : 0.0f;
        }
    };
    fetch(T - 1);
    for (int t0 = T - 1; t0 >= 0; t0 -= DEPTH) {
        float x_now[DEPTH][M], e_now[DEPTH][O], kept[DEPTH][KEPT + 1];
#pragma unroll
        for (int k = 0; k < DEPTH; ++k) {
#pragma unroll
            for (int m = 0; m < M; ++m) x_now[k][m] = x_next[k][m];
#pragma unroll
            for (int o = 0; o < O; ++o) e_now[k][o] = e_next[k][o];
#pragma unroll
            for (int r = 0; r < KEPT + 1; ++r) kept[k][r] = kept_next[k][r];
        }
        fetch(t0 - DEPTH);
#pragma unroll
        for (int k = 0; k < DEPTH; ++k) {
            int t = t0 - k;
            if (t < 0) break;
            float h = kept[k][0], bounded = 0;
            if (LSTM) {
                bounded = tanhf(kept[k][KEPT - 1]);
                h = kept[k][KEPT > 3 ? 3 : 0] * bounded;
            }
            float back = 0, also = 0;
#pragma unroll
            for (int o = 0; o < O; ++o) {
                back += c[o] * e_now[k][o];
                dC[o] += e_now[k][o] * h;
                dd[o] += e_now[k][o];
            }
#pragma unroll
            for (int i = 0; i < N; ++i) {
#pragma unroll
                for (int q = 0; q < Q; ++q) {
                    float v = d[i * Q + q];
                    if ((i * Q + q) % 2) also += w[q][i] * v;
                    else back += w[q][i] * v;
                    dW[q][i] += v * h;
                }
            }
            back += also;
            float now[Q];
            if (LSTM) {
                float i = kept[k][0], f = kept[k][KEPT > 1 ? 1 : 0];
                float gate = kept[k][KEPT > 2 ? 2 : 0], o = kept[k][KEPT > 3 ? 3 : 0];
                float before = kept[k][KEPT];
                d_cell += back * o * (1 - bounded * bounded);
                float all[4] = {d_cell * gate * i * (1 - i), d_cell * before * f * (1 - f),
                                d_cell * i * (1 - gate * gate), back * bounded * o * (1 - o)};
                d_cell *= f;
#pragma unroll
                for (int q = 0; q < Q; ++q) now[q] = all[q];
            } else {
                now[0] = TANH ? back * (1 - h * h) : h > 0 ? back : 0.0f;
            }
#pragma unroll
            for (int q = 0; q < Q; ++q) {
                if (at.on) later[t % 2][at.s][at.u * Q + q] = now[q];
#pragma unroll
                for (int m = 0; m < M; ++m) dF[q][m] += now[q] * x_now[k][m];
                db[q] += now[q];
            }
            __syncwarp();
            read<Q * N>(d, later[t % 2][at.s]);
        }
    }
    for (int s = 0; s < B; ++s) {  // one sequence after the other, so that the sum is always the same
        __syncthreads();
        if (at.on && at.s == s) {
#pragma unroll
            for (int q = 0; q < Q; ++q) {
#pragma unroll
                for (int i = 0; i < N; ++i) g[AT_W + (q * N + i) * N + at.u] += dW[q][i];
#pragma unroll
                for (int m = 0; m < M; ++m) g[AT_F + (q * N + at.u) * M + m] += dF[q][m];
                g[AT_B + q * N + at.u] += db[q];
            }
#pragma unroll
            for (int o = 0; o < O; ++o) {
                g[AT_C + o * N + at.u] += scale * dC[o];
                if (at.u == 0) g[AT_D + o] += scale * dd[o];
            }
        }
    }
    __syncthreads();
}

// The sum over all threads, given to all threads.
__device__ float block_sum(float value, float* room) {
    __syncthreads();
    room[threadIdx.x] = value;
    for (int half = 256; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half && threadIdx.x + half < THREADS)
            room[threadIdx.x] += room[threadIdx.x + half];
    }
    __syncthreads();
    return room[0];
}

// out = A B for N x N matrices in shared memory, A or B transposed on demand.
__device__ void multiply(float* out, const float* A, bool A_turned, const float* X, bool X_turned) {
    __syncthreads();
    for (int k = threadIdx.x; k < N * N; k += THREADS) {
        int i = k / N, j = k % N;
        float sum = 0;
        for (int r = 0; r < N; ++r)
            sum += A[A_turned ? r * N + i : i * N + r] * X[X_turned ? j * N + r : r * N + j];
        out[k] = sum;
    }
    __syncthreads();
}

// W <- W (3 I - W^T W) / 2, eight times: the nearest orthogonal matrix, if W is near one.
__device__ void project(float* W, float* room, float* other) {
    for (int round = 0; round < 8; ++round) {
        multiply(room, W, true, W, false);
        for (int k = threadIdx.x; k < N * N; k += THREADS)
            room[k] = (k % (N + 1) ? 0.0f : 1.5f) - 0.5f * room[k];
        multiply(other, W, false, room, false);
        for (int k = threadIdx.x; k < N * N; k += THREADS) W[k] = other[k];
        __syncthreads();
    }
}

// Cut the singular values of W at 1.  Its columns are rotated, two at a time, until they are
// orthogonal (V holds the rotations), shortened, and rotated back.  One thread is enough: this is
// done once in a gradient step, which takes T time steps.
__device__ void contract(float* W, float* V) {
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int k = 0; k < N * N; ++k) V[k] = k % (N + 1) ? 0.0f : 1.0f;
        bool turned = true;
        for (int sweep = 0; turned && sweep < 12; ++sweep) {
            turned = false;
            for (int i = 0; i < N; ++i) {
                for (int j = i + 1; j < N; ++j) {
                    float a = 0, b = 0, c = 0;
                    for (int r = 0; r < N; ++r) {
                        a += W[r * N + i] * W[r * N + i];
                        b += W[r * N + j] * W[r * N + j];
                        c += W[r * N + i] * W[r * N + j];
                    }
                    if (!(fabsf(c) > 1e-7f * sqrtf(a * b))) continue;
                    turned = true;
                    const float z = (b - a) / (2 * c);
                    const float t = (z < 0 ? -1.0f : 1.0f) / (fabsf(z) + sqrtf(1 + z * z));
                    const float co = 1 / sqrtf(1 + t * t), si = co * t;
                    for (int r = 0; r < 2 * N; ++r) {
                        float* row = r < N ? W + r * N : V + (r - N) * N;
                        const float left = row[i], right = row[j];
                        row[i] = co * left - si * right;
                        row[j] = si * left + co * right;
                    }
                }
            }
        }
        float shorter[N], back[N];
        for (int j = 0; j < N; ++j) {
            float square = 0;
            for (int r = 0; r < N; ++r) square += W[r * N + j] * W[r * N + j];
            shorter[j] = square > 1 ? 1 / sqrtf(square) : 1.0f;
        }
        for (int r = 0; r < N; ++r) {
            for (int j = 0; j < N; ++j) {
                back[j] = 0;
                for (int k = 0; k < N; ++k) back[j] += W[r * N + k] * shorter[k] * V[j * N + k];
            }
            for (int j = 0; j < N; ++j) W[r * N + j] = back[j];
        }
    }
    __syncthreads();
}

// X <- X^{-1} by Gauss-Jordan; no pivots are exchanged, as X + X^T is positive definite.
__device__ void invert(float* X) {
    const int each = (N * N + THREADS - 1) / THREADS;
    for (int k = 0; k < N; ++k) {
        __syncthreads();
        float pivot = 1.0f / X[k * N + k], fresh[each];
#pragma unroll
        for (int r = 0; r < each; ++r) {
            int at = threadIdx.x + r * THREADS, i = at / N, j = at % N;
            if (at >= N * N) continue;
            if (i == k) fresh[r] = j == k ? pivot : X[at] * pivot;
            else if (j == k) fresh[r] = -X[at] * pivot;
            else fresh[r] = X[at] - X[i * N + k] * X[k * N + j] * pivot;
        }
        __syncthreads();
#pragma unroll
        for (int r = 0; r < each; ++r) {
            int at = threadIdx.x + r * THREADS;
            if (at < N * N) X[at] = fresh[r];
        }
    }
    __syncthreads();
}

// W = base Z, Z = (I + S)^{-1} (I - S) = 2 (I + S)^{-1} - I, S = A - A^T.  R is left as (I + S)^{-1}.
__device__ void cayley(const float* A, const float* base, float* W, float* R, float* room) {
    __syncthreads();
    for (int k = threadIdx.x; k < N * N; k += THREADS) {
        int i = k / N, j = k % N;
        R[k] = (i == j ? 1.0f : 0.0f) + A[k] - A[j * N + i];
    }
    invert(R);
    for (int k = threadIdx.x; k < N * N; k += THREADS)
        room[k] = 2 * R[k] - (k % (N + 1) ? 0.0f : 1.0f);
    multiply(W, base, false, room, false);
}

// Gradient with respect to W into gradient with respect to A, in place.
__device__ void through_cayley(float* g, const float* base, const float* R, float* room, float* other) {
    multiply(room, base, true, g, false);    // with respect to Z
    multiply(other, R, true, room, false);   // dZ = -2 R dS R
    multiply(room, other, false, R, true);
    for (int k = threadIdx.x; k < N * N; k += THREADS)
        g[k] = -2 * (room[k] - room[k % N * N + k / N]);
    __syncthreads();
}

// One epoch of every network: block k trains network k.  Arrays are as the caller numbers them:
// x[x_of[k]] is (rows, T, M), y[y_of[k]] (rows, T, O); order has batches * B rows; parameters and
// best (networks, SIZE), moments (networks, 2, SIZE), base (networks, N, N) for CAYLEY.
extern "C" __global__ void __launch_bounds__(THREADS)
train_epoch(const float* x, const float* y, const int* x_of, const int* y_of, const int* order,
            int batches, int rows, int T, float* parameters, float* moments, const float* base,
            float* keep, float* errors, float* losses, float* best, float* best_loss, int* best_epoch,
            int constraint, int epoch, float rate, float clip) {
    __shared__ float p[SIZE], m1[SIZE], m2[SIZE], g[SIZE], sums[THREADS];
    __shared__ float W_made[N * N], R[N * N], start[N * N], room[N * N], other[N * N];
    __shared__ __align__(16) float swap[2][B][PADDED(Q * N)];
    const int lane = blockIdx.x;
    const Place at = place();
    for (int i = threadIdx.x; i < SIZE; i += THREADS) {
        p[i] = parameters[(long long)lane * SIZE + i];
        m1[i] = moments[(2LL * lane) * SIZE + i];
        m2[i] = moments[(2LL * lane + 1) * SIZE + i];
    }
    if (constraint == CAYLEY)
        for (int i = threadIdx.x; i < N * N; i += THREADS) start[i] = base[lane * N * N + i];
    for (int i = threadIdx.x; i < 2 * B * PADDED(Q * N); i += THREADS) (&swap[0][0][0])[i] = 0;
    x += (long long)x_of[lane] * rows * T * M;
    y += (long long)y_of[lane] * rows * T * O;
    keep += (long long)lane * T * KEPT * THREADS + threadIdx.x;
    errors += (long long)lane * T * B * O + at.s * O;
    float total = 0;
    for (int batch = 0; batch < batches; ++batch) {
        const float* W = p;
        if (constraint == CAYLEY) {
            cayley(p, start, W_made, R, room);
            W = W_made;
        }
        for (int i = threadIdx.x; i < SIZE; i += THREADS) g[i] = 0;
        __syncthreads();
        const long long row = order[batch * B + at.s];
        float squares[OWN], sum = 0;
        forward<float>(p, W, x + row * T * M, y + row * T * O, T, at, swap, keep, errors + at.u,
                       squares);
        __syncwarp();
        for (int k = 0; k < OWN; ++k) sum += squares[k];
        total += block_sum(at.on ? sum : 0.0f, sums) / ((float)T * B * O);
        backward(p, W, x + row * T * M, T, at, swap, keep, errors, g);
        if (constraint == CAYLEY) through_cayley(g, start, R, room, other);
        sum = 0;
        for (int i = threadIdx.x; i < SIZE; i += THREADS) sum += g[i] * g[i];
        sum = block_sum(sum, sums);
        const bool finite = sum < 3e38f;
        const float factor = clip > 0 ? fminf(1.0f, clip / sqrtf(sum + 1e-20f)) : 1.0f;
        const float k = (float)(epoch * batches + batch + 1);
        const float one = 1 - powf(0.9f, k), two = 1 - powf(0.999f, k);
        for (int i = threadIdx.x; i < SIZE; i += THREADS) {
            float v = finite ? g[i] * factor : 0.0f;
            m1[i] = 0.9f * m1[i] + 0.1f * v;
            m2[i] = 0.999f * m2[i] + 0.001f * v * v;
            p[i] -= rate * (m1[i] / one) / (sqrtf(m2[i] / two) + 1e-8f);
        }
        __syncthreads();
        if (constraint == PROJECTION) project(p, room, other);
        if (constraint == CONTRACTIVE) contract(p, room);
        if (constraint == FREE && !LSTM && !finite)
            for (int i = threadIdx.x; i < N * N; i += THREADS) p[i] *= 0.9f;
        __syncthreads();
    }
    total /= batches;
    const bool better = total < best_loss[lane];  // false for NaN
    __syncthreads();
    for (int i = threadIdx.x; i < SIZE; i += THREADS) {
        parameters[(long long)lane * SIZE + i] = p[i];
        moments[(2LL * lane) * SIZE + i] = m1[i];
        moments[(2LL * lane + 1) * SIZE + i] = m2[i];
        if (better) best[(long long)lane * SIZE + i] = p[i];
    }
    if (threadIdx.x == 0) {
        losses[lane] = total;
        if (better) {
            best_loss[lane] = total;
            best_epoch[lane] = epoch + 1;
        }
    }
}

// Sums of squared errors of every network on count sequences from the row first: (networks, O).
extern "C" __global__ void __launch_bounds__(THREADS)
score(const float* x, const float* y, const int* x_of, const int* y_of, int first, int count,
      int rows, int T, const float* parameters, double* squares) {
    __shared__ float p[SIZE];
    __shared__ __align__(16) float swap[2][B][PADDED(Q * N)];
    __shared__ double sums[B][O];
    const int lane = blockIdx.x;
    const Place at = place();
    for (int i = threadIdx.x; i < SIZE; i += THREADS) p[i] = parameters[(long long)lane * SIZE + i];
    for (int i = threadIdx.x; i < 2 * B * PADDED(Q * N); i += THREADS) (&swap[0][0][0])[i] = 0;
    x += (long long)x_of[lane] * rows * T * M;
    y += (long long)y_of[lane] * rows * T * O;
    double all[OWN];
    for (int k = 0; k < OWN; ++k) all[k] = 0;
    __syncthreads();
    for (int begin = 0; begin < count; begin += B) {
        const bool counts = begin + at.s < count;
        const long long row = first + (counts ? begin + at.s : 0);
        double some[OWN];
        forward<double>(p, p, x + row * T * M, y + row * T * O, T, at, swap, 0, 0, some);
        for (int k = 0; k < OWN; ++k) all[k] += counts ? some[k] : 0.0;
        __syncwarp();
    }
    for (int k = 0; k < OWN; ++k)
        if (at.on && at.u + k * N < O) sums[at.s][at.u + k * N] = all[k];
    __syncthreads();
    if (threadIdx.x < O) {
        double sum = 0;
        for (int s = 0; s < B; ++s) sum += sums[s][threadIdx.x];
        squares[lane * O + threadIdx.x] = sum;
    }
}
