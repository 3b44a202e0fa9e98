// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Assigns buckets to members with a consistent-hash ring. */
package io.weft.plugin.hash.ring;
