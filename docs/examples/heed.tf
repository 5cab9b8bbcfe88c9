# The stack of Heed as one resource of Terraform. docs/terraform.md says how to make packaged.yaml.

variable "heed_version" {
  description = "Version of Heed, such as 0.1.0"
  type        = string
}

variable "code_bucket" {
  description = "Bucket in the region of the stack, in which packaged.yaml and the code are"
  type        = string
}

variable "certificate_arn" {
  description = "ARN of the certificate for the host of the links, in the region of the stack"
  type        = string
}

data "aws_s3_bucket" "code" {
  bucket = var.code_bucket
}

# Its key has the hash of its content. Terraform updates the stack only if the URL of the template changes.
resource "aws_s3_object" "template" {
  bucket = data.aws_s3_bucket.code.id
  key    = "heed/${var.heed_version}/${filesha256("packaged.yaml")}.yaml"
  source = "packaged.yaml"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudformation_stack" "heed" {
  name             = "heed"
  template_url     = "https://${data.aws_s3_bucket.code.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities     = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
  disable_rollback = true

  parameters = {
    Environment         = "production"
    DomainName          = "preferences.example.com"
    CertificateArn      = var.certificate_arn
    ConfigurationSet    = "campaigns"
    MailFrom            = "preferences@example.com"
    ConfirmationsPerDay = "5000"
    AlarmEmail          = "alarms@example.com"
  }

  timeouts {
    create = "60m"
    update = "60m"
  }

  lifecycle {
    prevent_destroy = true
  }
}

output "api_url" {
  value = aws_cloudformation_stack.heed.outputs["ApiUrl"]
}

output "domain_target" {
  value = aws_cloudformation_stack.heed.outputs["DomainTarget"]
}
