// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Assigns buckets to members by remainder. */
package io.weft.plugin.hash.modulo;
