// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Assigns buckets to members with jump consistent hashing. */
package io.weft.plugin.hash.jump;
