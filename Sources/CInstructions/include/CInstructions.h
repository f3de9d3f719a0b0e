#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// CPU instructions that Swift cannot spell. Each function asks the CPU at run time and answers false where it lacks the
// instruction; the caller then does the same in Swift.

/// Runs `blockCount` blocks of 64 bytes through SHA-256's compression function.
bool kept_sha256_compress(uint32_t state[8], const uint8_t *bytes, size_t blockCount);

/// Hashes many messages at once, each laid out with its padding as `blockCounts[i]` blocks, at least one, of 64 bytes;
/// they follow one another from `blocks` on. Writes `count` digests of 32 bytes.
bool kept_sha256_messages(const uint8_t *blocks, const uint32_t *blockCounts, size_t count, uint8_t *digests);

/// Moves the register of a CRC-32C (not complemented at either end) past `count` bytes.
bool kept_crc32c(uint32_t *crc, const uint8_t *bytes, size_t count);

/// Asks for the cache line at an address that is read soon. Never faults.
static inline void kept_prefetch(const void *address) { __builtin_prefetch(address); }

/// The same for a line that is written soon.
static inline void kept_prefetch_to_write(void *address) { __builtin_prefetch(address, 1); }
