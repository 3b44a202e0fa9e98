// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Who masters what: buckets, the bucket map, and the strategies that propose it. */
package io.weft.spi.directory;
