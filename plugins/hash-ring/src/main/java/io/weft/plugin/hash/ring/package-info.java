// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Spreads buckets over the members with a consistent-hash ring. */
package io.weft.plugin.hash.ring;
