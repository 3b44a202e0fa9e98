// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The mastering of blocks: buckets, the bucket map, and the strategies that propose it. */
package io.weft.spi.directory;
