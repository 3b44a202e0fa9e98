// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** What applications embed. */
module io.weft.api {}
