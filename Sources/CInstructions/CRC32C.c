#include "CInstructions.h"
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#define TARGET __attribute__((target("sse4.2")))
#define STEP8(crc, word) _mm_crc32_u64(crc, word)
#define STEP1(crc, byte) _mm_crc32_u8((uint32_t)(crc), byte)

static bool hasInstructions(void) {
  static int known; // 0 not asked yet, 1 no, 2 yes; a race only asks twice
  int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (answer == 0) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    answer = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2) ? 2 : 1;
    __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
  }
  return answer == 2;
}

#elif defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>
#endif
#define TARGET __attribute__((target("crc")))
#define STEP8(crc, word) __builtin_arm_crc32cd((uint32_t)(crc), word)
#define STEP1(crc, byte) __builtin_arm_crc32cb((uint32_t)(crc), byte)

static bool hasInstructions(void) {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & (1UL << 7)) != 0; // HWCAP_CRC32
#elif defined(__APPLE__)
  return true; // every 64-bit Apple processor
#else
  return false;
#endif
}
#endif

#if defined(TARGET)

TARGET static inline uint64_t step8(uint64_t crc, const uint8_t *bytes) {
  uint64_t word; // both processors are little-endian
  memcpy(&word, bytes, 8);
  return STEP8(crc, word);
}

// a · b modulo the Castagnoli polynomial, bits reflected. Multiplying by x^(8n) moves a register past n zero bytes.
static uint32_t product(uint32_t a, uint32_t b) {
  uint32_t sum = 0;
  for (int bit = 31; bit >= 0; bit--) {
    sum ^= b & (0 - ((a >> bit) & 1));
    b = (b >> 1) ^ (0x82f63b78 & (0 - (b & 1)));
  }
  return sum;
}

// The instruction takes three cycles but can start every cycle: three neighbouring lanes run at once, and are joined by
// moving the first past two lanes and the second past one. Returns how many bytes it went through.
TARGET static size_t threeLanes(
    uint64_t *crc, const uint8_t *bytes, size_t count, size_t lane, uint32_t pastOne, uint32_t pastTwo) {
  const uint8_t *start = bytes;
  for (; count >= 3 * lane; count -= 3 * lane, bytes += 3 * lane) {
    uint64_t a = *crc, b = 0, c = 0;
    for (size_t i = 0; i < lane; i += 8) {
      a = step8(a, bytes + i);
      b = step8(b, bytes + lane + i);
      c = step8(c, bytes + 2 * lane + i);
    }
    *crc = product((uint32_t)a, pastTwo) ^ product((uint32_t)b, pastOne) ^ (uint32_t)c;
  }
  return (size_t)(bytes - start);
}

TARGET bool kept_crc32c(uint32_t *crc, const uint8_t *bytes, size_t count) {
  if (!hasInstructions()) return false;
  uint64_t c = *crc;
  // The constants are x^(8 · lane) and x^(16 · lane).
  size_t done = threeLanes(&c, bytes, count, 8192, 0x28461564, 0xbf455269);
  done += threeLanes(&c, bytes + done, count - done, 1024, 0xe4172b16, 0x0d65762a);
  for (; count - done >= 8; done += 8) c = step8(c, bytes + done);
  for (; done < count; done++) c = STEP1(c, bytes[done]);
  *crc = (uint32_t)c;
  return true;
}

#else
bool kept_crc32c(uint32_t *crc, const uint8_t *bytes, size_t count) { return false; }
#endif
