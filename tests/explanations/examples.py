"""At least one example for each explanation: its key, and what leads to it."""

from collections.abc import Iterator

API_CALLS = ("create", "get", "list", "delete")

# Read from the vendor's import pages and its general error page, in that order.
IMPORT_PAGE_CODES = (
    "InvalidParameter",
    "NotFound",
    "OperationDenied",
    "InvalidApiKey",
    "InternalError",
)
GATEWAY_CODES = (
    "Arrearage",
    "NOT AUTHORIZED",
    "AccessDenied",
    "AccessDenied.Unpurchased",
    "Model.AccessDenied",
    "Workspace.AccessDenied",
    "AllocationQuota.FreeTierOnly",
    "WorkSpaceNotFound",
    "ModelNotFound",
    "Conflict",
    "Throttling",
    "Throttling.RateQuota",
    "Throttling.BurstRate",
    "Throttling.AllocationQuota",
    "CommodityNotPurchased",
    "PrepaidBillOverdue",
    "PostpaidBillOverdue",
    "SystemError",
    "RequestTimeOut",
    "ModelServingError",
    "ModelUnavailable",
)
# Another spelling that DashScope uses, and the code that it stands for.
ALIASES = {
    "LimitRequests": "Throttling.RateQuota",
    "limit_requests": "Throttling.RateQuota",
    "limit_burst_rate": "Throttling.BurstRate",
    "insufficient_quota": "Throttling.AllocationQuota",
    "invalid_api_key": "InvalidApiKey",
    "invalid_parameter_error": "InvalidParameter",
    "access_denied": "AccessDenied",
    "model_not_found": "ModelNotFound",
    "internal_error": "InternalError",
    "InternalError.Timeout": "InternalError",
    "InternalError.Algo": "InternalError",
    "InternalError.FileUpload": "InternalError",
    "InternalError.Some.Thing": "InternalError",
    "Throttling.Concurrency": "Throttling",
    "InvalidParameter.DataInspection": "InvalidParameter",
}

# What one call alone can be told, from the message.
MESSAGES = {
    "create.InvalidParameter.display_name": ("InvalidParameter", "display_name is too long"),
    "create.InvalidParameter.object_key": ("InvalidParameter", "object_key must end with /"),
    "create.InvalidParameter.bucket_name": ("InvalidParameter", "bucket_name is required"),
    "create.InvalidParameter.weight_type": ("InvalidParameter", "weight_type is illegal"),
    "create.InvalidParameter.source": ("InvalidParameter", "source must be oss"),
    "create.InvalidParameter.model_name": ("InvalidParameter", "model_name is missing"),
    "create.AccessDenied.bucket": ("AccessDenied", "no access to bucket acme-models"),
    "create.Throttling.job_limit": (
        "Throttling",
        "Too many fine-tune job in running, please retry later.",
    ),
}

NOT_SENT = ("refused", "dns", "connect_timeout", "unreachable", "certificate", "proxy")
UNKNOWN = (
    "read_timeout",
    "deadline",
    "connection_lost",
    "body_cut",
    "too_large",
    "redirected",
    "server_error",
    "not_from_the_api",
    "unreadable_answer",
    "error_in_200",
    "no_job_id",
    "other_job",
    "unforeseen",
)
DESK_OUTCOMES = (
    "missing_key",
    "key_unusable",
    "paused",
    "worker_died",
    "restored",
    "gave_up",
    "expired",
    "absent",
    "conflict",
    "dismissed",
    "gone",
    "deletion_unknown",
)

# The first three are documented (vendor pages: list-import-jobs-api, model-import).
FAILURES = {
    "OSS获取文件失败，请检查OSS内文件": "oss_fetch_failed",
    "Failed to get files from OSS. Check the files in OSS.": "oss_fetch_failed",
    "AvailableModelFileNotFound": "AvailableModelFileNotFound",
    "本次请求失败，错误码：10041495": "oss_not_activated",
    "The object is in Archive storage and must be restored": "archive_storage",
    "文件为深度冷归档类型，请先解冻": "archive_storage",
    "NoSuchBucket": "bucket_not_found",
    "The specified bucket does not exist.": "bucket_not_found",
    "指定的Bucket不存在": "bucket_not_found",
    "AccessDenied: You have no right to access this object": "permission",
    "没有权限访问该OSS路径": "permission",
    "LoRA rank 128 is not supported, expected one of 8, 16, 32, 64": "rank",
    "lora_rank must be the same in all layers": "rank",
    "各层rank值不一致": "rank",
    "The chat template differs from the base model": "chat_template",
    "chat_template与基础模型不一致": "chat_template",
    "Vocabulary size mismatch with the base model": "vocabulary",
    "词表与基础模型不一致": "vocabulary",
    "Unfrozen visual weights found in the adapter": "visual_part",
    "视觉部分未冻结": "visual_part",
    "Full-parameter models cannot be imported": "full_weights",
    "暂不支持导入全参模型": "full_weights",
    "Missing file adapter_config.json": "missing_file",
    "adapter_model.safetensors not found": "missing_file",
    "The directory is empty": "missing_file",
    "模型目录为空": "missing_file",
    "缺少必需文件 config.json": "missing_file",
    "Import timed out": "timeout",
    "模型导入超时，请稍后重试": "timeout",
    "Weights do not fit the base model": "base_model_mismatch",
    "tensor shape mismatch in layer 12": "base_model_mismatch",
    "模型结构不匹配": "base_model_mismatch",
    "The model size exceeds the quota": "quota",
    "存储空间不足": "quota",
    "config.json is not valid JSON": "damaged_file",
    "safetensors header is corrupt": "damaged_file",
    "模型文件格式错误": "damaged_file",
    "Internal error": "internal",
    "系统错误，请稍后重试": "internal",
}


def examples() -> Iterator[tuple[str, dict[str, str]]]:
    """Each key with the arguments that lead to it."""
    for call in API_CALLS:
        for code in (*IMPORT_PAGE_CODES, *GATEWAY_CODES):
            yield f"{call}.{code}", {"call": call, "code": code}
        for alias, code in ALIASES.items():
            yield f"{call}.{code}", {"call": call, "code": alias}
        for reason in (*NOT_SENT, *UNKNOWN):
            yield f"{call}.{reason}", {"call": call, "reason": reason}
        for region in ("beijing", "singapore"):
            yield (
                f"{call}.InvalidApiKey.{region}",
                {"call": call, "code": "InvalidApiKey", "region": region},
            )
        for reason in ("rejected", "throttled"):
            arguments = {"call": call, "code": "NeverSeenBefore", "reason": reason}
            yield f"{call}.unknown.{reason}", arguments
    for key, (code, message) in MESSAGES.items():
        yield key, {"call": "create", "code": code, "message": message}
    for reason in DESK_OUTCOMES:
        yield f"desk.{reason}", {"call": "desk", "reason": reason}
    for error_code, name in FAILURES.items():
        yield f"import.{name}", {"call": "import", "error_code": error_code}
    for call in (*API_CALLS, "import", "desk"):
        yield f"{call}.unknown", {"call": call, "code": "NeverSeenBefore"}
        yield f"{call}.silent", {"call": call}
