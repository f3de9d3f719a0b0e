#include "CInstructions.h"

// FIPS 180-4. The round constants also exist in SHA256.swift: the two paths share nothing, so each checks the other.
static const uint32_t K[64] __attribute__((aligned(64))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define TARGET __attribute__((target("sha,sse4.1,ssse3")))

static bool hasInstructions(void) {
  static int known; // 0 not asked yet, 1 no, 2 yes; a race only asks twice
  int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (answer == 0) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    bool has = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1);
    has = has && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
    answer = has ? 2 : 1;
    __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
  }
  return answer == 2;
}

typedef struct { __m128i abef, cdgh, m0, m1, m2, m3; } Lane;

// state[0...7] = a b c d e f g h  <->  the halves ABEF and CDGH that sha256rnds2 works on.
TARGET static inline __attribute__((always_inline)) Lane loaded(const uint32_t *state) {
  Lane lane;
  __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  lane.abef = _mm_alignr_epi8(cdab, efgh, 8);
  lane.cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
  return lane;
}

TARGET static inline __attribute__((always_inline)) void store(Lane *lane, uint32_t *state) {
  __m128i feba = _mm_shuffle_epi32(lane->abef, 0x1B);
  __m128i dchg = _mm_shuffle_epi32(lane->cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

TARGET static inline __attribute__((always_inline)) void loadBlock(Lane *lane, const uint8_t *bytes) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  lane->m0 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes), swap);
  lane->m1 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 16)), swap);
  lane->m2 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 32)), swap);
  lane->m3 = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 48)), swap);
}

// Four rounds with the message words in `m`.
#define ROUNDS(lane, m, k)                                                              \
  {                                                                                     \
    __m128i wk = _mm_add_epi32(m, _mm_load_si128((const __m128i *)(K + (k))));          \
    (lane).cdgh = _mm_sha256rnds2_epu32((lane).cdgh, (lane).abef, wk);                  \
    (lane).abef = _mm_sha256rnds2_epu32((lane).abef, (lane).cdgh, _mm_shuffle_epi32(wk, 0x0E)); \
  }

// The four words that follow a, b, c, d (16 words), into a.
#define SCHEDULE(a, b, c, d) \
  a = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4)), d);

#define FOUR(lane, k)                                                     \
  ROUNDS(lane, (lane).m0, k) ROUNDS(lane, (lane).m1, (k) + 4)             \
  ROUNDS(lane, (lane).m2, (k) + 8) ROUNDS(lane, (lane).m3, (k) + 12)

#define NEXT(lane)                                        \
  SCHEDULE((lane).m0, (lane).m1, (lane).m2, (lane).m3)    \
  SCHEDULE((lane).m1, (lane).m2, (lane).m3, (lane).m0)    \
  SCHEDULE((lane).m2, (lane).m3, (lane).m0, (lane).m1)    \
  SCHEDULE((lane).m3, (lane).m0, (lane).m1, (lane).m2)

#define END(lane, first)                                  \
  (lane).abef = _mm_add_epi32((lane).abef, (first).abef); \
  (lane).cdgh = _mm_add_epi32((lane).cdgh, (first).cdgh);

TARGET static void compress(uint32_t *state, const uint8_t *bytes, size_t blockCount) {
  Lane lane = loaded(state);
  for (; blockCount > 0; blockCount--, bytes += 64) {
    Lane first = lane;
    loadBlock(&lane, bytes);
    FOUR(lane, 0) NEXT(lane) FOUR(lane, 16) NEXT(lane) FOUR(lane, 32) NEXT(lane) FOUR(lane, 48)
    END(lane, first)
  }
  store(&lane, state);
}

// Sixteen messages at once, a 32-bit word of each in a register of AVX-512: twice as fast as the SHA instructions, where
// there are that many messages.
#define WIDE __attribute__((target("avx512f,avx512bw")))
#define LANES 16

static bool hasWideRegisters(void) {
  static int known; // as above
  int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (answer == 0) {
    unsigned a = 0, b = 0, c = 0, d = 0, enabled = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE)) {
      __asm__("xgetbv" : "=a"(enabled), "=d"(d) : "c"(0));
    }
    bool has = (enabled & 0xE6) == 0xE6; // the system keeps the masks and all of the registers
    has = has && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX512F) && (b & bit_AVX512BW);
    answer = has ? 2 : 1;
    __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
  }
  return answer == 2;
}

#define XOR3(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define ADD(x, y) _mm512_add_epi32(x, y)

// Row i of 16 words becomes column i.
WIDE static inline __attribute__((always_inline)) void transpose(__m512i r[LANES]) {
  __m512i t[LANES];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 16; i += 8) {
    for (int j = i; j < i + 4; j++) {
      t[j] = _mm512_shuffle_i32x4(r[j], r[j + 4], 0x88);
      t[j + 4] = _mm512_shuffle_i32x4(r[j], r[j + 4], 0xDD);
    }
  }
  for (int i = 0; i < 8; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
  }
}

#define WIDE_ROUND(a, b, c, d, e, f, g, h, i, t)                                                              \
  {                                                                                                           \
    __m512i sum1 = XOR3(_mm512_ror_epi32(e, 6), _mm512_ror_epi32(e, 11), _mm512_ror_epi32(e, 25));            \
    __m512i sum0 = XOR3(_mm512_ror_epi32(a, 2), _mm512_ror_epi32(a, 13), _mm512_ror_epi32(a, 22));            \
    __m512i choice = _mm512_ternarylogic_epi32(e, f, g, 0xCA);                                                \
    __m512i majority = _mm512_ternarylogic_epi32(a, b, c, 0xE8);                                              \
    __m512i t1 = ADD(ADD(ADD(h, sum1), choice), ADD(w[i], _mm512_set1_epi32((int)K[t])));                     \
    d = ADD(d, t1);                                                                                           \
    h = ADD(t1, ADD(sum0, majority));                                                                         \
  }

#define WIDE_ROUNDS(i, t)                                                                                     \
  WIDE_ROUND(a, b, c, d, e, f, g, h, i, t) WIDE_ROUND(h, a, b, c, d, e, f, g, i + 1, t + 1)                   \
  WIDE_ROUND(g, h, a, b, c, d, e, f, i + 2, t + 2) WIDE_ROUND(f, g, h, a, b, c, d, e, i + 3, t + 3)           \
  WIDE_ROUND(e, f, g, h, a, b, c, d, i + 4, t + 4) WIDE_ROUND(d, e, f, g, h, a, b, c, i + 5, t + 5)           \
  WIDE_ROUND(c, d, e, f, g, h, a, b, i + 6, t + 6) WIDE_ROUND(b, c, d, e, f, g, h, a, i + 7, t + 7)

// One block of each message in the lanes of `live`; state[i] has word i of every state.
WIDE static void compressWide(__m512i state[8], const uint8_t *const blocks[LANES], __mmask16 live) {
  const __m512i swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL));
  __m512i w[16];
  for (int i = 0; i < LANES; i++) w[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(blocks[i]), swap);
  transpose(w);
  __m512i a = state[0], b = state[1], c = state[2], d = state[3];
  __m512i e = state[4], f = state[5], g = state[6], h = state[7];
  WIDE_ROUNDS(0, 0) WIDE_ROUNDS(8, 8)
#pragma clang loop unroll(disable)
  for (int t = 16; t < 64; t += 16) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      __m512i x = w[(i + 1) & 15], y = w[(i + 14) & 15];
      __m512i sigma0 = XOR3(_mm512_ror_epi32(x, 7), _mm512_ror_epi32(x, 18), _mm512_srli_epi32(x, 3));
      __m512i sigma1 = XOR3(_mm512_ror_epi32(y, 17), _mm512_ror_epi32(y, 19), _mm512_srli_epi32(y, 10));
      w[i] = ADD(ADD(w[i], w[(i + 9) & 15]), ADD(sigma0, sigma1));
    }
    WIDE_ROUNDS(0, t) WIDE_ROUNDS(8, t + 8)
  }
  __m512i sums[8] = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; i++) state[i] = _mm512_mask_add_epi32(state[i], live, state[i], sums[i]);
}

static const uint32_t initialState[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// Sixteen messages from their first block to their last. Lanes whose message has ended rest on its last block.
WIDE static void hashLanes(const uint8_t *blocks[LANES], const uint32_t left[LANES], uint8_t *const digests[LANES]) {
  const __m512i swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL));
  __m512i words[LANES];
  for (int i = 0; i < 8; i++) words[i] = _mm512_set1_epi32((int)initialState[i]);
  const __m512i counts = _mm512_loadu_si512(left);
  __mmask16 live;
  for (uint32_t step = 0; (live = _mm512_cmpgt_epu32_mask(counts, _mm512_set1_epi32((int)step))) != 0; step++) {
    compressWide(words, blocks, live);
    for (int lane = 0; lane < LANES; lane++) blocks[lane] += step + 1 < left[lane] ? 64 : 0;
  }
  for (int i = 8; i < LANES; i++) words[i] = _mm512_setzero_si512();
  transpose(words);
  for (int lane = 0; lane < LANES; lane++) {
    __m512i digest = _mm512_shuffle_epi8(words[lane], swap);
    _mm256_storeu_si256((__m256i *)digests[lane], _mm512_castsi512_si256(digest));
  }
}

#define BATCH 256
#define LENGTHS 32

// Messages of one length go together, so that few lanes wait for others.
static void hashWide(const uint8_t *blocks, const uint32_t *blockCounts, size_t count, uint8_t *digests) {
  for (size_t first = 0; first < count; first += BATCH) {
    size_t batch = count - first < BATCH ? count - first : BATCH;
    const uint8_t *starts[BATCH];
    uint16_t order[BATCH], ends[LENGTHS] = {0};
    for (size_t i = 0; i < batch; i++) {
      uint32_t length = blockCounts[first + i];
      starts[i] = blocks;
      blocks += (size_t)64 * length;
      ends[length < LENGTHS ? length : LENGTHS - 1]++;
    }
    for (int length = 1; length < LENGTHS; length++) ends[length] += ends[length - 1];
    for (size_t i = batch; i-- > 0;) {
      uint32_t length = blockCounts[first + i];
      order[--ends[length < LENGTHS ? length : LENGTHS - 1]] = (uint16_t)i;
    }
    for (size_t group = 0; group < batch; group += LANES) {
      const uint8_t *next[LANES];
      uint8_t *out[LANES], unused[32];
      uint32_t left[LANES];
      for (size_t lane = 0; lane < LANES; lane++) {
        int isUsed = group + lane < batch;
        size_t message = order[isUsed ? group + lane : group];
        next[lane] = starts[message];
        left[lane] = isUsed ? blockCounts[first + message] : 0;
        out[lane] = isUsed ? digests + 32 * (first + message) : unused;
      }
      hashLanes(next, left, out);
    }
  }
}

#elif defined(__aarch64__)
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#define TARGET __attribute__((target("sha2")))

static bool hasInstructions(void) {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & (1UL << 6)) != 0; // HWCAP_SHA2
#elif defined(__APPLE__)
  return true; // every 64-bit Apple processor
#else
  return false;
#endif
}

TARGET static void compress(uint32_t *state, const uint8_t *bytes, size_t blockCount) {
  uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
  for (; blockCount > 0; blockCount--, bytes += 64) {
    uint32x4_t firstABCD = abcd, firstEFGH = efgh, m[4];
    for (int i = 0; i < 4; i++) m[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(bytes + 16 * i)));
    for (int i = 0; i < 16; i++) {
      uint32x4_t wk = vaddq_u32(m[i & 3], vld1q_u32(K + 4 * i)), previous = abcd;
      if (i < 12)
        m[i & 3] = vsha256su1q_u32(vsha256su0q_u32(m[i & 3], m[(i + 1) & 3]), m[(i + 2) & 3], m[(i + 3) & 3]);
      abcd = vsha256hq_u32(abcd, efgh, wk);
      efgh = vsha256h2q_u32(efgh, previous, wk);
    }
    abcd = vaddq_u32(abcd, firstABCD);
    efgh = vaddq_u32(efgh, firstEFGH);
  }
  vst1q_u32(state, abcd);
  vst1q_u32(state + 4, efgh);
}

#else

static bool hasInstructions(void) { return false; }
static void compress(uint32_t *state, const uint8_t *bytes, size_t blockCount) {}

#endif

#if !defined(__x86_64__)
static bool hasWideRegisters(void) { return false; }
static void hashWide(const uint8_t *blocks, const uint32_t *blockCounts, size_t count, uint8_t *digests) {}
#endif

bool kept_sha256_compress(uint32_t state[8], const uint8_t *bytes, size_t blockCount) {
  if (!hasInstructions()) return false;
  compress(state, bytes, blockCount);
  return true;
}

bool kept_sha256_messages(const uint8_t *blocks, const uint32_t *blockCounts, size_t count, uint8_t *digests) {
  if (!hasWideRegisters()) return false;
  hashWide(blocks, blockCounts, count, digests);
  return true;
}
