// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The link to the specification: its {@linkplain io.weft.cachefusion.spec.Rules rules} by name, so
 * that a test can break exactly one of them; and the state of blocks and directory entries, which
 * checkers compare with its invariants. Exported to the modules that run the cache without Guice.
 */
package io.weft.cachefusion.spec;
