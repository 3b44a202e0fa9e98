// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Keeps cached blocks coherent by shipping them from memory to memory. */
package io.weft.cachefusion;
