// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Benchmarks, one class per question. */
package io.weft.bench;
