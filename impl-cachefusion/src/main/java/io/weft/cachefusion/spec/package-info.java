// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The seam to the specification: its {@linkplain io.weft.cachefusion.spec.Rules rules} by name, so
 * that a test can break exactly one, and the state of blocks and directory entries that checkers
 * compare with its invariants. Exported, by name, to those who drive the cache without Guice.
 */
package io.weft.cachefusion.spec;
