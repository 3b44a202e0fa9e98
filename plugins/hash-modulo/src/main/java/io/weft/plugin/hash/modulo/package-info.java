// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Spreads buckets over the members by remainder. */
package io.weft.plugin.hash.modulo;
