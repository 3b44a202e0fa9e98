// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Membership. */
package io.weft.spi.view;
